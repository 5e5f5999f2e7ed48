package explain

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const none = "-"

// policies tells of each policy whether it judges the write, and what it makes of it.
func (t *text) policies() error {
	if len(t.of.Policies) == 0 {
		return nil
	}
	rows := make([]string, len(t.of.Policies))
	for i, one := range t.of.Policies {
		result, reason := one.Result, one.Reason
		switch {
		case one.PassedOver != "":
			result, reason = none, "does not judge it: "+one.PassedOver
		case one.Result == "":
			result = none
		}
		rows[i] = strings.Join([]string{one.Name, percent(one.Limit), strings.Join(one.Actions, ","), result, orNone(reason)}, "\t")
	}
	return t.table("POLICY\tLIMIT\tACTIONS\tRESULT\tREASON", rows)
}

// waves tells of each policy that counts which waves it reads.
func (t *text) waves() error {
	var rows []string
	for _, one := range t.of.Policies {
		for _, wave := range one.Waves {
			rows = append(rows, row(one.Name, numbers(wave), wave, one.Limit))
		}
		if one.Whole != nil {
			rows = append(rows, row(one.Name, "all", *one.Whole, one.RolloutLimit))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return t.table("POLICY\tWAVES\tSTEP\tAFFECTED\tIN FLIGHT\tCHANCE OF FAILURE\tLIMIT\tSUCCESS RATE", rows)
}

func row(policy, waves string, wave Wave, limit string) string {
	against := percent(limit)
	if wave.OverLimit {
		against += ", over"
	}
	return strings.Join([]string{
		policy, waves, orNone(wave.Step), strconv.Itoa(wave.Environments), strconv.Itoa(wave.InFlight), chance(wave.Probability), against,
		ratesText(wave.Rates),
	}, "\t")
}

func numbers(wave Wave) string {
	if wave.First == wave.Last {
		return strconv.Itoa(wave.First)
	}
	return fmt.Sprintf("%d-%d", wave.First, wave.Last)
}

// overrides tells what each override does.
func (t *text) overrides() error {
	var rows []string
	for _, one := range t.of.Policies {
		for _, override := range one.Overrides {
			rows = append(rows, strings.Join([]string{
				override.Name, percent(override.Permits), override.Expires.Format(time.RFC3339), one.Name, override.Effect, override.Reason,
			}, "\t"))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return t.table("OVERRIDE\tPERMITS\tENDS\tPOLICY\tEFFECT\tWHY", rows)
}

// environments names those that are affected.
func (t *text) environments() error {
	if len(t.of.Affected) == 0 {
		return nil
	}
	rows := make([]string, len(t.of.Affected))
	for i, one := range t.of.Affected {
		rows[i] = strings.Join([]string{
			one.Name, string(one.Effect), orNone(one.Step), orNone(one.SuccessRate), orNone(one.Origin), orNone(one.Source),
		}, "\t")
	}
	if err := t.table("ENVIRONMENT\tEFFECT\tSTEP\tSUCCESS RATE\tFROM\tINVENTORY", rows); err != nil {
		return err
	}
	if t.of.Left > 0 {
		return t.printf("%d more are left out: --all names them\n", t.of.Left)
	}
	return nil
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}
