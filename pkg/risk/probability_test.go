package risk

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	const refused = One + 1
	tests := map[string]struct {
		in                string
		probability, rate Probability
	}{
		"zero":                          {"0", 0, 0},
		"zero with places":              {"0.000", 0, 0},
		"one":                           {"1", One, One},
		"one with places":               {"1.000000000", One, One},
		"a usual rate":                  {"0.995", 995_000_000, 995_000_000},
		"the smallest step":             {"0.000000001", 1, 1},
		"one short of one":              {"0.999999999", One - 1, One - 1},
		"a percentage is a rate only":   {"99.5%", refused, 995_000_000},
		"zero percent":                  {"0%", refused, 0},
		"a hundred percent":             {"100%", refused, One},
		"a hundred percent with places": {"100.0000000%", refused, One},
		"two digits of percent":         {"20%", refused, One / 5},
		"the smallest percentage":       {"0.0000001%", refused, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := ParseProbability(tt.in)
			if err != nil {
				p = refused
			}
			if p != tt.probability {
				t.Errorf("ParseProbability(%q) = %d, %v, want %d", tt.in, p, err, tt.probability)
			}
			if p, err = ParseRate(tt.in); err != nil || p != tt.rate {
				t.Errorf("ParseRate(%q) = %d, %v, want %d", tt.in, p, err, tt.rate)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]string{
		"a percentage of eight places":       "0.00000001%",
		"more than a hundred percent":        "100.0000001%",
		"a thousand percent":                 "1000%",
		"a percentage with a zero in front":  "09%",
		"two percent signs":                  "9%%",
		"a space before the percent sign":    "99 %",
		"a percent sign alone":               "%",
		"nothing":                            "",
		"more than one":                      "1.5",
		"more than one by a billionth":       "1.000000001",
		"no whole part":                      ".5",
		"no digit after the point":           "0.",
		"a point alone":                      ".",
		"two points":                         "0.5.5",
		"a comma":                            "0,5",
		"ten places":                         "0.1234567890",
		"one of ten places":                  "1.0000000000",
		"zeros in front":                     "01",
		"a sign":                             "+1",
		"a negative":                         "-0.5",
		"a sign after the point":             "0.+5",
		"an exponent":                        "1e0",
		"an exponent after the point":        "0.1e1",
		"a hexadecimal":                      "0x1",
		"an underscore":                      "0.9_9",
		"not a number":                       "NaN",
		"a space in front":                   " 0.5",
		"a newline behind":                   "0.5\n",
		"digits of another script":           "0.٥",
		"a whole part that would overflow":   strings.Repeat("9", 30),
		"a percentage that would overflow":   strings.Repeat("9", 30) + "%",
		"bytes that are no text, no panic":   "0.\xff",
		"a null byte in the middle":          "0.\x005",
		"a very long run of places, no work": "0." + strings.Repeat("0", 1<<16),
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			if p, err := ParseProbability(in); err == nil {
				t.Errorf("ParseProbability(%q) = %d", in, p)
			}
			if p, err := ParseRate(in); err == nil {
				t.Errorf("ParseRate(%q) = %d", in, p)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	probability := func(s string) error { _, err := ParseProbability(s); return err }
	rate := func(s string) error { _, err := ParseRate(s); return err }
	tests := map[string]struct {
		err  error
		want string
	}{
		"a probability says what is allowed": {probability("1.5"),
			`"1.5" is not a probability: want a decimal from 0 to 1 with at most nine places, like "0.995"`},
		"a rate says what is allowed": {rate("often"), `"often" is not a success rate: want a decimal from 0 to 1 ` +
			`with at most nine places, like "0.995", or a percentage with at most seven, like "99.5%"`},
		"64 runes are repeated whole": {probability(strings.Repeat("é", 64)), `"` + strings.Repeat("é", 64) +
			`" is not a probability: want a decimal from 0 to 1 with at most nine places, like "0.995"`},
		"a longer input is cut": {probability(strings.Repeat("é", 65)), `"` + strings.Repeat("é", 64) +
			`…" is not a probability: want a decimal from 0 to 1 with at most nine places, like "0.995"`},
		"control characters are escaped": {probability("1\n\x1b"),
			`"1\n\x1b" is not a probability: want a decimal from 0 to 1 with at most nine places, like "0.995"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestProbabilityText(t *testing.T) {
	tests := map[string]struct {
		p             Probability
		text, percent string
		float64       float64
	}{
		"nothing":                  {0, "0", "0%", 0},
		"certainty":                {One, "1", "100%", 1},
		"a usual rate":             {990_000_000, "0.99", "99%", 0.99},
		"half a percent":           {995_000_000, "0.995", "99.5%", 0.995},
		"a usual limit":            {200_000_000, "0.2", "20%", 0.2},
		"a billionth":              {1, "0.000000001", "0.0000001%", 1e-9},
		"all but that":             {One - 1, "0.999999999", "99.9999999%", 0.999999999},
		"what no parser lets pass": {One + One/2, "1.5", "150%", 1.5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.p.String(); got != tt.text {
				t.Errorf("String() = %q, want %q", got, tt.text)
			}
			if got := tt.p.Percent(); got != tt.percent {
				t.Errorf("Percent() = %q, want %q", got, tt.percent)
			}
			if got := tt.p.Float64(); got != tt.float64 {
				t.Errorf("Float64() = %v, want %v", got, tt.float64)
			}
		})
	}
}

func TestProbabilityRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyRate().Draw(t, "p")
		if got, err := ParseProbability(p.String()); err != nil || got != p {
			t.Fatalf("ParseProbability(%q) = %d, %v", p.String(), got, err)
		}
		for _, s := range []string{p.String(), p.Percent()} {
			if got, err := ParseRate(s); err != nil || got != p {
				t.Fatalf("ParseRate(%q) = %d, %v", s, got, err)
			}
		}
	})
}

// parser and grammar must agree on what they accept, and what is accepted must
// come back from its own text.
func fuzzParser(f *testing.F, grammar string, parse func(string) (Probability, error)) {
	f.Helper()
	for _, seed := range []string{"0", "1", "0.995", "1.000", "1.5", ".5", "0.", "01", "99.5%", "100%", "1e0", "-0", "0_1", "NaN"} {
		f.Add(seed)
	}
	want := regexp.MustCompile(grammar)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parse(s)
		if (err == nil) != want.MatchString(s) {
			t.Fatalf("%q: error %v", s, err)
		}
		if err != nil {
			return
		}
		if again, err := parse(p.String()); err != nil || again != p || p > One {
			t.Fatalf("%q is %d, and again %d, %v", s, p, again, err)
		}
	})
}

func FuzzParseProbability(f *testing.F) {
	fuzzParser(f, `\A(0(\.[0-9]{1,9})?|1(\.0{1,9})?)\z`, ParseProbability)
}

func FuzzParseRate(f *testing.F) {
	fuzzParser(f, `\A(0(\.[0-9]{1,9})?|1(\.0{1,9})?|((0|[1-9][0-9]?)(\.[0-9]{1,7})?|100(\.0{1,7})?)%)\z`, ParseRate)
}
