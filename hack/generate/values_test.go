package main

import (
	"strings"
	"testing"
)

// TestWrongValuesNameTheirPath holds that whoever installs the chart is told which value is wrong,
// and what is allowed in its place.
func TestWrongValuesNameTheirPath(t *testing.T) {
	if testing.Short() {
		t.Skip("renders with helm")
	}
	for value, want := range map[string]string{
		`policies={"Payments":{"maxWaveFailureProbability":"0.2"}}`:     "policies.Payments: a policy's name is of lower case letters, digits, '-' and '.'",
		`policies={"a.-b":{"maxWaveFailureProbability":"0.2"}}`:         "policies.a.-b: a policy's name is of lower case letters",
		`policies={"payments":{"maxWaveFailureProbability":"20%"}}`:     `'/policies/payments/maxWaveFailureProbability': '20%' does not match pattern '^(0(`,
		`policies={"payments":{"maxWaveFailureProbability":0.2}}`:       "'/policies/payments/maxWaveFailureProbability': got number, want string",
		`policies={"payments":{}}`:                                      "'/policies/payments': missing property 'maxWaveFailureProbability'",
		`policies.default.waves="Sliding"`:                              "'/policies/default/waves': value must be one of 'InFlight', 'Gated'",
		`policies.default.match={"operations":["Connect"]}`:             "'/policies/default/match/operations/0': value must be one of 'Create', 'Update', 'Delete'",
		`policies.default.match={"kinds":[{"group":"a.b","kind":"c"}]}`: "'/policies/default/match/kinds/0/kind': 'c' does not match pattern '^[A-Z]",
		`metrics.prometheusRule.alerts={"SeawallSlo":{}}`:               "metrics.prometheusRule.alerts.SeawallSlo: no such alert, it is one of SeawallAbsent, ",
		`webhook.failurePolicy="Maybe"`:                                 "'/webhook/failurePolicy': value must be one of 'Fail', 'Ignore'",
		`replicas=0`:                                                    "'/replicas': minimum: got 0, want 1",
		`argocd.namespace="Argo_CD"`:                                    "'/argocd/namespace': 'Argo_CD' does not match pattern",
		`certificates.mode="existingSecret"`:                            "'/certificates/existingSecret/name': minLength: got 0, want 1",
		`recount.intervalSeconds="10m"`:                                 "'/recount/intervalSeconds': got string, want integer",
	} {
		t.Run(value, func(t *testing.T) {
			_, err := renderChart(t.Context(), repository, "--set-json", value)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v\nwant %q", err, want)
			}
		})
	}
}
