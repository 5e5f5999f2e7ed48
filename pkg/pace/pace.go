// Package pace knows the fields in which rollouts say how many of their environments may be in flight
// together, each kind its own.
package pace

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/splice"
)

// Wanted is the pace that a rollout is to have.
type Wanted struct {
	// Environments is n, the number that the rollout has.
	Environments int
	// Largest is the most that may be in flight together, from 1.
	Largest int
	// Ramp are the sizes of the waves before there are any of the largest: those of the first steps of
	// a rollout that has several.
	Ramp []int
	// Remedies are what the kind's reader says of how to pace the rollout, as in rollout.Step.
	Remedies []string
}

// Setting is how a rollout gets a pace.
type Setting struct {
	// Edits are what is to be set: nothing, where the rollout is as slow already.
	Edits []splice.Edit
	// Window is the most that are in flight together then.
	Window int
}

// NoFieldError says that a rollout has no field for its pace.
type NoFieldError struct {
	Kind string
	// Instead says what to do.
	Instead string
}

// Error implements error.
func (e *NoFieldError) Error() string {
	return fmt.Sprintf("%s has no field that can be set to pace it: %s", e.Kind, e.Instead)
}

// Knows tells whether a kind is one that has such fields, or one of which it is known what to do instead.
func Knows(kind schema.GroupKind) bool { return setters()[kind] != nil || instead()[kind] != "" }

// Set says what to set of an object to give it a pace. Nothing is made faster than it is: a window that
// is no larger than wanted stays. The error is a *NoFieldError.
func Set(kind schema.GroupKind, object map[string]any, wanted Wanted) (Setting, error) {
	plan := &editor{kind: kind.Kind, object: object, wanted: wanted}
	set := setters()[kind]
	switch {
	case set != nil:
	case instead()[kind] == "" && len(wanted.Remedies) > 0:
		set = (*editor).byRemedies
	default:
		return Setting{}, plan.none(instead()[kind])
	}
	if err := set(plan); err != nil {
		return Setting{}, err
	}
	return Setting{plan.edits, plan.window}, nil
}

func setters() map[schema.GroupKind]func(*editor) error {
	const fleet, kubefleet, sveltos = "fleet.cattle.io", "placement.kubernetes-fleet.io", "config.projectsveltos.io"
	return map[schema.GroupKind]func(*editor) error{
		{Group: "argoproj.io", Kind: "ApplicationSet"}:                              (*editor).applicationSet,
		{Group: fleet, Kind: "Bundle"}:                                              (*editor).fleet,
		{Group: fleet, Kind: "HelmOp"}:                                              (*editor).fleet,
		{Group: "work.open-cluster-management.io", Kind: "ManifestWorkReplicaSet"}:  (*editor).replicaSet,
		{Group: "addon.open-cluster-management.io", Kind: "ClusterManagementAddOn"}: (*editor).addOn,
		{Group: kubefleet, Kind: "ClusterResourcePlacement"}:                        (*editor).placement,
		{Group: kubefleet, Kind: "ResourcePlacement"}:                               (*editor).placement,
		{Group: kubefleet, Kind: "ClusterStagedUpdateStrategy"}:                     (*editor).stages,
		{Group: kubefleet, Kind: "StagedUpdateStrategy"}:                            (*editor).stages,
		{Group: sveltos, Kind: "ClusterProfile"}:                                    (*editor).profile,
		{Group: sveltos, Kind: "Profile"}:                                           (*editor).profile,
		{Group: "ran.openshift.io", Kind: "ClusterGroupUpgrade"}:                    (*editor).groupUpgrade,
		{Group: "lcm.openshift.io", Kind: "ImageBasedGroupUpgrade"}:                 (*editor).imageUpgrade,
	}
}

// instead says what to do for kinds that are paced in other ways.
func instead() map[schema.GroupKind]string {
	const (
		karmada = "policy.karmada.io"
		suspend = "name all but " + rollout.PerWave + " of its clusters in spec.suspension.dispatchingOnClusters.clusterNames, " +
			"and fewer in each later write"
		divide = "divide its Stage into Stages of at most " + rollout.PerWave + " environments each"
		steps  = "put the appliers into spec.steps of at most " + rollout.PerWave + " each"
		run    = "set spec.stages[].maxConcurrency of the strategy that it names, with --apply-to and that strategy's file, and start a new run"
	)
	return map[schema.GroupKind]string{
		{Group: "fleet.cattle.io", Kind: "GitRepo"}: "Fleet takes the pace from the repository: set rolloutStrategy.maxUnavailable to " +
			rollout.PerWave + " in its fleet.yaml",
		{Group: karmada, Kind: "PropagationPolicy"}:                              suspend,
		{Group: karmada, Kind: "ClusterPropagationPolicy"}:                       suspend,
		{Group: "placement.kubernetes-fleet.io", Kind: "ClusterStagedUpdateRun"}: run,
		{Group: "placement.kubernetes-fleet.io", Kind: "StagedUpdateRun"}:        run,
		{Group: "kargo.akuity.io", Kind: "Promotion"}:                            divide,
		{Group: "fluxcd.controlplane.io", Kind: "ResourceSet"}:                   steps,
	}
}

var remedied = regexp.MustCompile(`^set ([\w.\[\]-]+) to \{n\}$`)

// byRemedies sets what the remedies of a kind name.
func (e *editor) byRemedies() error {
	for _, remedy := range e.wanted.Remedies {
		found := remedied.FindStringSubmatch(remedy)
		if found == nil {
			return e.none(remedy)
		}
		e.limit(e.wanted.Largest, bounded, strings.FieldsFunc(found[1], func(char rune) bool { return strings.ContainsRune(".[]", char) })...)
	}
	return nil
}

func (e *editor) none(instead string) error {
	if instead == "" {
		instead = "let at most " + rollout.PerWave + " environments follow one write"
	}
	return &NoFieldError{e.kind, strings.ReplaceAll(instead, rollout.PerWave, strconv.Itoa(e.wanted.Largest))}
}
