package explain

import (
	"strconv"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/journal"
)

// recorded tells what the reports say of the rollout.
func (t *text) recorded() error {
	recorded := t.of.Recorded
	if recorded == nil {
		return nil
	}
	if err := t.printf("\nOn the record: %s\n", recorded.Summary); err != nil {
		return err
	}
	if len(recorded.Decisions) > 0 {
		rows := make([]string, len(recorded.Decisions))
		for i := range recorded.Decisions {
			rows[i] = decided(&recorded.Decisions[i])
		}
		if err := t.table("LAST\tCOUNT\tRESULT\tOPERATION\tUSER\tPOLICY\tWAVE OF\tCHANCE OF FAILURE\tLIMIT", rows); err != nil {
			return err
		}
	}
	for i := range recorded.Decisions {
		if one := &recorded.Decisions[i]; one.Message != "" {
			_ = t.printf("  %s: %s\n", one.Outcome, one.Message)
		}
	}
	if recorded.Displaced > 0 {
		_ = t.printf("%d earlier decisions have made room: the logs have them\n", recorded.Displaced)
	}
	for _, missing := range recorded.Missing {
		_ = t.printf("missing: %s\n", audit.Clean(missing))
	}
	return nil
}

func decided(one *journal.Decision) string {
	wave, probability := none, none
	if one.Probability != nil {
		wave, probability = strconv.Itoa(one.WaveEnvironments), chance(*one.Probability)
	}
	return strings.Join([]string{
		one.Time.UTC().Format(time.RFC3339), strconv.Itoa(one.Count), string(one.Outcome), orNone(one.Operation), orNone(one.User),
		orNone(one.Policy), wave, probability, orNone(percent(one.Limit)),
	}, "\t")
}
