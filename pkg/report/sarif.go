package report

import (
	"cmp"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/version"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	home        = "https://github.com/seawall-dev/seawall"
	// unreadable is the rule of files that cannot be read.
	unreadable = "Unreadable"
)

// The parts of a SARIF log that scanners read. Those of owenrumney/go-sarif/v3 write all
// members that are empty, too: 17 for a result of one location.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		HelpURI          string    `json:"helpUri"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifLocation struct {
		PhysicalLocation struct {
			ArtifactLocation struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
	}
)

// SARIF writes the log, of version 2.1.0, that code scanners show beside the lines that it is about.
func SARIF(out io.Writer, report Report) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "seawall", Version: version.Get(), InformationURI: home, Rules: []sarifRule{}}
	for _, result := range report.worst() {
		if text := report.message(result); text != "" {
			rule := cmp.Or(result.Record.Reason, string(result.Outcome()))
			run.add(rule, sarifLevel(result.Outcome()), result.File, result.Line, name(result)+": "+text)
		}
	}
	for _, problem := range report.Problems {
		run.add(unreadable, "error", problem.File, problem.Line, audit.Clean(problem.Err.Error()))
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// add adds a result, and its rule if it is the first of it.
func (r *sarifRun) add(rule, level, file string, line int, text string) {
	driver := &r.Tool.Driver
	index := slices.IndexFunc(driver.Rules, func(known sarifRule) bool { return known.ID == rule })
	if index < 0 {
		index = len(driver.Rules)
		driver.Rules = append(driver.Rules, sarifRule{
			ID: rule, ShortDescription: sarifText{describe(rule)}, HelpURI: home + "/blob/main/docs/denied.md",
		})
	}
	result := sarifResult{RuleID: rule, RuleIndex: index, Level: level, Message: sarifText{text}}
	if file != manifest.Stdin { // which is in no repository
		var location sarifLocation
		location.PhysicalLocation.ArtifactLocation.URI = uri(file)
		location.PhysicalLocation.Region.StartLine = max(line, 1)
		result.Locations = []sarifLocation{location}
	}
	r.Results = append(r.Results, result)
}

// uri returns the reference of a file: relative to where the check runs, unless it was asked for by an
// absolute path.
func uri(file string) string {
	path := filepath.ToSlash(filepath.Clean(file))
	if !filepath.IsAbs(file) {
		return (&url.URL{Path: path}).String()
	}
	return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(path, "/")}).String()
}

func sarifLevel(outcome check.Outcome) string {
	if level := level(outcome); level != "notice" {
		return level
	}
	return "note"
}

// describe says in a sentence what a rule is about: the reasons of decisions.
func describe(rule string) string {
	switch rule {
	case "WaveOverLimit":
		return "A wave is likelier to fail than the policy allows"
	case "RolloutOverLimit":
		return "All waves together are likelier to fail than the policy allows"
	case "SuccessRateMissing":
		return "Neither the rollout nor the policy says how likely a sync succeeds"
	case "AnnotationMalformed":
		return "An annotation is not understood"
	case "Unresolved":
		return "The environments cannot be counted"
	case "PolicyInvalid":
		return "A policy says what cannot be judged by"
	case string(check.Failed):
		return "The rollout cannot be judged"
	case unreadable:
		return "The file cannot be read"
	default:
		return rule
	}
}
