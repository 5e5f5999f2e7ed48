package metrics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/starts"
	"github.com/seawall-dev/seawall/pkg/windows"
)

func TestWaves(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	waves := metrics.NewWaves()
	g.Expect(registry.Register(waves)).To(gomega.Succeed())
	g.Expect(series(t, registry)).To(gomega.BeZero(), "a replica that keeps no Waves tells nothing")

	waves.Kept(map[string]starts.Account{"gone": {Groups: 1}})
	waves.Kept(map[string]starts.Account{
		"busy": {
			Groups: 3, Halted: 1, InFlight: 5, Since: time.Unix(100, 0), Held: 7, HeldSince: time.Unix(200, 0), Largest: 3, Fullest: 4. / 3,
		},
		"idle": {Groups: 1},
	})
	waves.Registered(true, true)
	waves.Registered(true, false)
	want := map[string]string{
		"seawall_waves_groups":                            `{policy="busy"} 3,{policy="idle"} 1`,
		"seawall_waves_in_flight":                         `{policy="busy"} 5,{policy="idle"} 0`,
		"seawall_waves_in_flight_since_timestamp_seconds": `{policy="busy"} 100`,
		"seawall_waves_held":                              `{policy="busy"} 7,{policy="idle"} 0`,
		"seawall_waves_held_since_timestamp_seconds":      `{policy="busy"} 200`,
		"seawall_waves_halted":                            `{policy="busy"} 1,{policy="idle"} 0`,
		"seawall_waves_largest":                           `{policy="busy"} 3`,
		"seawall_waves_fullest_ratio":                     `{policy="busy"} 1.3333333333333333`,
		"seawall_starts_asked":                            ` 1`,
		"seawall_starts_fail_open":                        ` 0`,
	}
	for name, lines := range want {
		var told []string
		for _, one := range family(t, registry, name) {
			label := ""
			for _, pair := range one.GetLabel() {
				label += fmt.Sprintf("{%s=%q}", pair.GetName(), pair.GetValue())
			}
			told = append(told, fmt.Sprint(label, " ", one.GetGauge().GetValue()))
		}
		g.Expect(strings.Join(told, ",")).To(gomega.Equal(lines), name)
	}
}

func TestWindows(t *testing.T) {
	g := gomega.NewWithT(t)
	full := metrics.NewWindows()
	g.Expect(testutil.CollectAndCount(full)).To(gomega.BeZero(), "a replica that keeps none tells nothing")

	full.Kept(map[string]windows.Account{"gone": {Environments: 1}})
	full.Kept(map[string]windows.Account{"hourly": {Environments: 22, Probability: 0.2}})
	g.Expect(testutil.CollectAndCompare(full, strings.NewReader(`
# HELP seawall_windows_environments Environments that writes have put in flight within the writeWindow, in the fullest group.
# TYPE seawall_windows_environments gauge
seawall_windows_environments{policy="hourly"} 22
# HELP seawall_windows_failure_probability Chance that more of these fail than the policy tolerates, in the group in which it is greatest.
# TYPE seawall_windows_failure_probability gauge
seawall_windows_failure_probability{policy="hourly"} 0.2
`))).To(gomega.Succeed())
}

func TestDefinitions(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	g.Expect(metrics.RegisterDefinitions(registry, func() map[string]int {
		return map[string]int{"wavepolicies.seawall.dev": 2, "waves.seawall.dev": 0}
	})).To(gomega.Succeed())
	g.Expect(testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP seawall_definition_missing_fields Fields that this version of Seawall knows and the API server's CustomResourceDefinition does not: it drops them.
# TYPE seawall_definition_missing_fields gauge
seawall_definition_missing_fields{definition="wavepolicies.seawall.dev"} 2
seawall_definition_missing_fields{definition="waves.seawall.dev"} 0
`))).To(gomega.Succeed())
}
