// Package explain tells people and programs how a judgement came about.
package explain

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Rollout is all that is told of one. Fields are added, never renamed.
type Rollout struct {
	// File is empty for a rollout of a cluster.
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Group     string `json:"group"`
	Version   string `json:"version,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Operation is the write that is judged; empty where none could be.
	Operation string `json:"operation,omitempty"`
	Result    string `json:"result"`
	Reason    string `json:"reason,omitempty"`
	// Policy is the one that explains the result.
	Policy string `json:"policy,omitempty"`
	// Message is what the webhook would say, without the help at the end of a denial; Remedy the part of
	// it that says what to do, and Withheld what it leaves out because a writer may not see the inventory.
	Message  string   `json:"message,omitempty"`
	Remedy   string   `json:"remedy,omitempty"`
	Withheld string   `json:"withheld,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	// Missing are the resources that are not known and that the webhook would have asked.
	Missing []string `json:"missing,omitempty"`
	// Counted says that environments could be counted.
	Counted bool `json:"counted"`
	// Environments is n, Total how many the rollout has, Held how many its system never syncs by itself.
	Environments int    `json:"environments"`
	Total        int    `json:"total"`
	Held         int    `json:"held,omitempty"`
	Evidence     string `json:"evidence,omitempty"`
	// Affected are those that have a name, and Left how many of them are left out here.
	Affected []Environment `json:"affected,omitempty"`
	Left     int           `json:"left,omitempty"`
	Policies []Policy      `json:"policies,omitempty"`
	// Recorded is what Seawall's reports say of a rollout of a cluster; nil where none was read.
	Recorded *journal.Journal `json:"recorded,omitempty"`
	// Lacking are the rights that whoever asked lacks.
	Lacking []Right `json:"lacking,omitempty"`
}

// Environment is one that the write affects.
type Environment struct {
	Name   string         `json:"name"`
	Effect rollout.Effect `json:"effect"`
	Step   string         `json:"step,omitempty"`
	// SuccessRate is that by which the policy that explains the result judges it, and Origin where it stands.
	SuccessRate string `json:"successRate,omitempty"`
	Origin      string `json:"origin,omitempty"`
	// Source is the object of the inventory that the environment is.
	Source string `json:"source,omitempty"`
}

// Right is what it takes to read something.
type Right struct {
	Verb     string `json:"verb"`
	Resource string `json:"resource"`
	// Namespace is empty for all of them, and for what is in none.
	Namespace string `json:"namespace,omitempty"`
}

// String says it in a sentence.
func (r Right) String() string {
	if r.Namespace == "" {
		return r.Verb + " on " + r.Resource
	}
	return r.Verb + " on " + r.Resource + " in namespace " + r.Namespace
}

// Of tells of a judgement, with so many environments by name; of all if most is negative.
func Of(explained check.Explained, most int) Rollout {
	record := explained.Record.Clean()
	of := Rollout{
		File: explained.File, Line: explained.Line, Group: record.Group, Version: record.Version, Kind: record.Kind,
		Namespace: record.Namespace, Name: record.Name, Operation: record.Operation, Result: string(explained.Outcome()),
		Reason: record.Reason, Policy: record.Policy, Message: record.Message, Withheld: audit.Clean(record.Withheld),
		Missing: explained.Missing, Environments: record.Environments, Total: record.Total, Held: record.Held, Evidence: record.Evidence,
	}
	for _, warning := range explained.Warnings {
		of.Warnings = append(of.Warnings, audit.Clean(warning))
	}
	if explained.Err != nil {
		of.Message = audit.Clean(explained.Err.Error())
		return of
	}
	explanation := explained.Explanation.Explanation
	of.Remedy = audit.Clean(explanation.Decision.Verdict.Remedy)
	of.Counted = len(explanation.Verdicts) > 0 && explanation.Uncounted == nil && len(explained.Missing) == 0
	of.tellPolicies(explanation)
	of.tellEnvironments(explanation, most)
	return of
}

func (r *Rollout) tellPolicies(explanation evaluate.Explanation) {
	for _, reading := range explanation.Readings {
		told := policyOf(reading)
		at := slices.IndexFunc(explanation.Verdicts, func(v policy.Verdict) bool { return v.Policy == reading.Policy })
		if at >= 0 {
			told.judge(explanation.Verdicts[at], reading, len(r.Missing) > 0)
		}
		r.Policies = append(r.Policies, told)
	}
}

func (r *Rollout) tellEnvironments(explanation evaluate.Explanation, most int) {
	all := explanation.Environments
	if most >= 0 && len(all) > most {
		r.Left = len(all) - most
		all = all[:most]
	}
	at := slices.IndexFunc(explanation.Readings, func(reading policy.Reading) bool { return reading.Policy == r.Policy })
	for _, one := range all {
		told := Environment{
			Name: audit.Clean(one.Name), Effect: one.Effect, Step: explanation.Change.Steps[one.Step-1].Name, Source: audit.Clean(one.Source),
		}
		if at >= 0 {
			told.SuccessRate, told.Origin = explanation.Readings[at].RateOf(one.Target)
		}
		r.Affected = append(r.Affected, told)
	}
}
