package docs_test

import "context"

// place is where the commands of a page are run.
type place string

const (
	// guarded is an API server with Seawall at work.
	guarded place = "guarded"
	// plain is one without, on which the page installs it.
	plain place = "plain"
)

// play is how the commands of a page are run: all, in the order in which they stand, in one folder.
type play struct {
	place place
	// cues are what is prepared before a command that begins so.
	cues []cue
	// skips are the commands that are not run, by how they begin, and why.
	skips map[string]string
	// elsewhere are the blocks that show no command, by their first line, and which test compares them.
	elsewhere map[string]string
}

type cue struct {
	before string
	do     func(ctx context.Context, s *stage)
}

const (
	makes    = "takes minutes, or runs these tests: TestMakeHasTheTargets looks at it"
	offline  = "TestThePageShowsWhatThePluginPrints of pkg/cli runs it, and compares"
	measures = "a measurement, whose figures are of one machine"
)

// plays lists the pages that have commands. A page that is not here fails TestEveryCommandIsPlayed.
func plays() map[string]play {
	return map[string]play{
		"README.md": {
			place: guarded,
			cues:  []cue{{"helm install", nothingIsInstalled}},
			skips: map[string]string{
				"make demo": makes, "make test": makes, "make image": makes,
				"make build": "installs into the reader's own PATH; TestMakeHasTheTargets looks at the target",
			},
			elsewhere: map[string]string{"2. The same release, changed as the message says.": "the demo"},
		},
		"docs/custom-kinds.md": {place: guarded, cues: []cue{{"kubectl apply", aTypingError}}},
		"docs/denied.md":       {place: guarded},
		"docs/check.md": {
			place: guarded, cues: []cue{{"git diff", aRelease}},
			skips: map[string]string{
				"make bench":                         measures,
				"kubectl seawall check apps/ --live": "cmd/seawall-webhook/checklive_test.go runs it with rights of several sorts",
				"kubectl seawall check apps/ --against git:origin/main": "pkg/cli/checkgit_test.go runs it, with repositories and a change",
			},
		},
		"docs/explain.md": {place: guarded, skips: map[string]string{
			"kubectl seawall explain -f":    offline,
			"kubectl seawall policy diff":   offline,
			"kubectl seawall test":          offline,
			"kubectl seawall explain appli": "cmd/seawall-webhook/explain_test.go runs it as an auditor, and compares",
		}},
		"docs/benchmark.md": {place: guarded, skips: map[string]string{"make bench": measures}},
		"docs/auditing.md": {
			place: guarded,
			cues: []cue{
				{"jq 'select(.annotations[", janeIsDenied},
				{"kubectl get events", theControllerIsDenied},
				{"kubectl get reports,clusterreports -A -l", rajIsDenied},
				{"jq -rs", tenantsIsMended},
			},
			skips: map[string]string{"KUBEBUILDER_ASSETS=": measures},
		},
		"docs/auditor.md": {
			place: guarded,
			cues:  []cue{{"kubectl create clusterrolebinding", paymentsHasAHistory}, {"kubectl seawall status", theDeploymentIsReady}},
		},
		"docs/overrides.md": {place: guarded, cues: []cue{{"kubectl apply", anIncident}, {"kubectl apply --server-side -f next.yaml", theNextVersion}}},
		"docs/policies.md":  {place: guarded, cues: []cue{{"kubectl get wavepolicies", twoPolicies}}},
		"docs/sync-gate.md": {
			place: plain, cues: []cue{{"kubectl get waves", theGateIsOn}},
		},
		"docs/recount.md": {
			place: guarded, cues: []cue{{"kubectl get wavepolicies", theFleetGrows}},
			skips: map[string]string{"make bench": measures},
		},
		"docs/rights.md": {place: guarded, cues: []cue{{"kubectl patch", patEdits}}},

		"charts/seawall/README.md": {place: plain, cues: []cue{{"helm install", nothingIsInstalled}}},
		"docs/operations.md":       {place: plain, cues: []cue{{"helm install", nothingIsInstalled}}},
		"docs/metrics.md":          {place: plain, cues: []cue{{"helm upgrade", thePrometheusOperator}}},
		"docs/tracing.md":          {place: plain},
		"docs/upgrading.md":        {place: plain},
		"docs/authentication.md":   {place: plain},
		"docs/runbooks.md":         {place: plain},
		"docs/threat-model.md":     {place: plain},
		"docs/remote.md":           {place: plain, cues: []cue{{"cat > remote.yaml", twoAPIServers}}},
	}
}
