package argocd

import (
	"cmp"
	"fmt"
	"strings"
)

const paramsName = "argocd-cmd-params-cm"

// ProgressiveSyncs says how to tell whether progressive syncs are enabled on Argo CD's
// ApplicationSet controller; without them a RollingSync paces nothing.
type ProgressiveSyncs string

const (
	// ProgressiveSyncsAuto reads the ConfigMap argocd-cmd-params-cm. The controller reads
	// it only when it starts, and its own flags win over it.
	ProgressiveSyncsAuto ProgressiveSyncs = "Auto"
	// ProgressiveSyncsEnabled takes them for enabled.
	ProgressiveSyncsEnabled ProgressiveSyncs = "Enabled"
	// ProgressiveSyncsDisabled takes them for disabled.
	ProgressiveSyncsDisabled ProgressiveSyncs = "Disabled"
)

// ParseProgressiveSyncs reads "Auto", "Enabled" or "Disabled", spelt like this.
func ParseProgressiveSyncs(value string) (ProgressiveSyncs, error) {
	switch mode := ProgressiveSyncs(value); mode {
	case ProgressiveSyncsAuto, ProgressiveSyncsEnabled, ProgressiveSyncsDisabled:
		return mode, nil
	default:
		return "", fmt.Errorf("progressive syncs %q: want %s, %s or %s",
			value, ProgressiveSyncsAuto, ProgressiveSyncsEnabled, ProgressiveSyncsDisabled)
	}
}

// parameters are what the ConfigMap argocd-cmd-params-cm tells the ApplicationSet controller.
type parameters struct {
	Progressive string `json:"applicationsetcontroller.enable.progressive.syncs"`
	Policy      string `json:"applicationsetcontroller.policy"`
	Override    string `json:"applicationsetcontroller.enable.policy.override"`
}

// parameters returns none where there is no such ConfigMap.
func (a *ArgoCD) parameters() (parameters, error) {
	params, err := a.configMaps.Get(a.namespace, paramsName)
	if err != nil || params == nil {
		return parameters{}, err
	}
	return params.Value.Data.parameters, nil
}

// ProgressiveSyncs says whether a RollingSync is paced. The error wraps
// inventory.ErrNotSynced, and comes only in mode Auto.
func (a *ArgoCD) ProgressiveSyncs() (bool, error) {
	if a.mode != ProgressiveSyncsAuto {
		return a.mode == ProgressiveSyncsEnabled, nil
	}
	params, err := a.parameters()
	return params.progressive(), err
}

// SyncPolicy returns the policy that holds for an ApplicationSet whose
// spec.syncPolicy.applicationsSync is as asked, or empty: "sync", "create-only",
// "create-update" or "create-delete"; empty is "sync". Flags of the controller that do not
// come from the ConfigMap argocd-cmd-params-cm are not seen, and before the ConfigMap has
// been read nothing is taken to restrict the controller.
func (a *ArgoCD) SyncPolicy(asked string) string {
	params, err := a.parameters()
	if err != nil {
		return ""
	}
	return params.policy(asked)
}

// progressive reads the switch as Argo CD does: true in any case is true, and everything else,
// "1" among it, leaves the default, which is false.
func (p parameters) progressive() bool { return strings.EqualFold(p.Progressive, "true") }

// policy reads the policy as Argo CD does: one that is set holds for all, unless the override
// is enabled; true and false in any case are all that enables or disables it.
func (p parameters) policy(asked string) string {
	if strings.EqualFold(p.Override, "false") || p.Policy != "" && !strings.EqualFold(p.Override, "true") {
		return p.Policy
	}
	return cmp.Or(asked, p.Policy)
}
