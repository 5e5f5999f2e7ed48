package report

import (
	"encoding/json"
	"io"

	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

// document is a report for programs. Fields are added, never renamed.
type document struct {
	APIVersion string             `json:"apiVersion"`
	Kind       string             `json:"kind"`
	Summary    summary            `json:"summary"`
	Results    []entry            `json:"results"`
	Problems   []manifest.Problem `json:"problems,omitempty"`
}

type summary struct {
	Rollouts int `json:"rollouts"`
	Denied   int `json:"denied"`
	Warned   int `json:"warned"`
	Audited  int `json:"audited"`
	Unknown  int `json:"unknown"`
	Failed   int `json:"failed"`
	Allowed  int `json:"allowed"`
}

type entry struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Group     string `json:"group"`
	Version   string `json:"version"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Operation string `json:"operation"`
	Result    string `json:"result"`
	Reason    string `json:"reason,omitempty"`
	Policy    string `json:"policy,omitempty"`
	// Message is what the webhook would say, without the help at the end of a denial.
	Message  string   `json:"message,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Missing  []string `json:"missing,omitempty"`
	// Environments is n, and Total how many the rollout has.
	Environments     int     `json:"environments"`
	Total            int     `json:"total"`
	Wave             int     `json:"wave,omitempty"`
	WaveEnvironments int     `json:"waveEnvironments,omitempty"`
	Probability      float64 `json:"probability"`
	Limit            string  `json:"limit,omitempty"`
	SuccessRate      string  `json:"successRate,omitempty"`
	Evidence         string  `json:"evidence,omitempty"`
	Override         string  `json:"override,omitempty"`
}

func (r Report) document() document {
	all := document{APIVersion: check.APIVersion, Kind: "CheckReport", Results: []entry{}, Problems: manifest.Problems(r.Problems)}
	all.Summary = summary{
		Rollouts: len(r.Results),
		Denied:   r.Count(check.Denied), Warned: r.Count(check.Warned), Audited: r.Count(check.Audited),
		Unknown: r.Count(check.Unknown), Failed: r.Count(check.Failed), Allowed: r.Count(check.Allowed),
	}
	for _, result := range r.Results {
		record := result.Record.Clean()
		message := record.Message
		if result.Err != nil {
			message = result.Err.Error()
		}
		all.Results = append(all.Results, entry{
			File: result.File, Line: result.Line, Group: record.Group, Version: record.Version, Kind: record.Kind,
			Namespace: record.Namespace, Name: record.Name, Operation: record.Operation, Result: string(result.Outcome()),
			Reason: record.Reason, Policy: record.Policy, Message: message, Warnings: result.Warnings, Missing: result.Missing,
			Environments: record.Environments, Total: record.Total, Wave: record.Wave, WaveEnvironments: record.WaveEnvironments,
			Probability: record.Probability, Limit: record.Limit, SuccessRate: record.SuccessRate, Evidence: record.Evidence,
			Override: record.Override,
		})
	}
	return all
}

// JSON writes the report as one JSON object.
func JSON(out io.Writer, report Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report.document())
}

// YAML writes what JSON does.
func YAML(out io.Writer, report Report) error {
	text, err := yaml.Marshal(report.document())
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}
