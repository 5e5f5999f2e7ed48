package kargo

import (
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// declaration is the larger of what the Promotion and its Stage declare; n is 0 where neither does.
type declaration struct {
	n        int
	evidence string
}

func declarations(write rollout.Write, name string, stage *inventory.Object[stageFields]) (declaration, error) {
	n, _, err := write.Declared()
	if err != nil {
		return declaration{}, err
	}
	larger := declaration{n, rollout.DeclaredEvidence}
	if stage == nil || write.Undeclared || stage.Value.Metadata.Annotations.Environments == "" {
		return larger, nil
	}
	of := "Stage " + write.Namespace + "/" + name
	n, err = rollout.ParseDeclared(of, stage.Value.Metadata.Annotations.Environments)
	if err != nil {
		return declaration{}, err
	}
	if n > larger.n {
		larger = declaration{n, rollout.DeclaredEvidence + " of " + of}
	}
	return larger, nil
}

// atLeast returns a change of as many environments as are declared, if fewer were found: what a
// commit to a repository syncs is not seen. Nothing tells when those sync; it may be with the most.
func (d declaration) atLeast(change rollout.Change) rollout.Change {
	switch named := change.Environments; {
	case d.n == 0 || d.n == named:
		return change
	case d.n < named:
		change.Warnings = append(change.Warnings, rollout.BelowFloor(d.evidence, d.n, named))
		return change
	case change.Affected() == 0 || change.Steps[0].Targets[0].Source == "": // the Stage stands for what is declared
		warnings := change.Warnings
		change = rollout.Declared(d.n, 0, d.evidence, stageRemedy)
		change.Warnings = warnings
		return change
	}
	most := 0
	for i, step := range change.Steps {
		if step.Size() > change.Steps[most].Size() {
			most = i
		}
	}
	further := d.n - change.Environments
	change.Steps[most].Declared += further
	change.Steps[most].InFlight += further
	change.Environments, change.Evidence = d.n, d.evidence
	return change
}
