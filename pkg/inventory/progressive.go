package inventory

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	paramsName     = "argocd-cmd-params-cm"
	progressiveKey = "applicationsetcontroller.enable.progressive.syncs"
)

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

// progressiveSyncs reads the switch as Argo CD does: true in any case is true, and
// everything else, "1" among it, leaves the default, which is false.
func progressiveSyncs(params *corev1.ConfigMap) bool {
	return strings.EqualFold(params.Data[progressiveKey], "true")
}
