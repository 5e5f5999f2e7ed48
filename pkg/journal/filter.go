package journal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Filter picks decisions. What is empty picks all.
type Filter struct {
	// Since and Until are those of the writes. A result that stands for several is picked if one of
	// them may be in between.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Kind is that of the rollout, in any case.
	Kind string `json:"kind,omitempty"`
	// Policy, and User, may hold asterisks, each for any text.
	Policy   string    `json:"policy,omitempty"`
	User     string    `json:"user,omitempty"`
	Outcomes []Outcome `json:"results,omitempty"`
}

func (f *Filter) accepts(d *Decision) bool {
	return (f.Since.IsZero() || !d.Time.Before(f.Since)) &&
		(f.Until.IsZero() || !d.First.After(f.Until)) &&
		(f.Kind == "" || strings.EqualFold(f.Kind, d.Kind)) &&
		(f.Policy == "" || like(f.Policy, d.Policy)) &&
		(f.User == "" || like(f.User, d.User)) &&
		(len(f.Outcomes) == 0 || slices.Contains(f.Outcomes, d.Outcome))
}

// like tells whether a text is as a pattern says.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == text
	}
	text, begins := strings.CutPrefix(text, parts[0])
	if !begins {
		return false
	}
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, parts[last])
}

// ParseOutcomes reads the names of outcomes.
func ParseOutcomes(names []string) ([]Outcome, error) {
	outcomes := make([]Outcome, 0, len(names))
	for _, name := range names {
		outcome := Outcome(strings.ToLower(strings.TrimSpace(name)))
		if !slices.Contains(Outcomes(), outcome) {
			return nil, fmt.Errorf("%q is no result: want any of %s", name, listed())
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

func listed() string {
	names := make([]string, 0, len(Outcomes()))
	for _, outcome := range Outcomes() {
		names = append(names, string(outcome))
	}
	return strings.Join(names, ", ")
}

const day = 24 * time.Hour

// ParseTime reads a time: so long before now ("24h", "7d", "2w"), a day ("2026-11-20") or an
// instant of RFC 3339. A day is that of now's location.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if ago, err := ParseAge(text); err == nil {
		return now.Add(-ago), nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return at, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, fmt.Errorf(`%q is no time: want how long ago, like "24h" or "7d", a day like "2026-11-20", `+
		`or "2026-11-20T08:00:00Z"`, text)
}

// ParseAge reads a duration that may be of days ("7d") or weeks, and is not negative.
func ParseAge(text string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if number, cut := strings.CutSuffix(text, unit); cut {
			// A century is long enough, and does not overflow.
			count, err := strconv.ParseUint(number, 10, 16)
			return time.Duration(min(count, 36500)) * length, err
		}
	}
	ago, err := time.ParseDuration(text)
	if err == nil && ago < 0 {
		return 0, strconv.ErrRange
	}
	return ago, err
}
