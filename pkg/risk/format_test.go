package risk

import (
	"math"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestFormatPercent(t *testing.T) {
	tests := map[string]struct {
		p    float64
		want string
	}{
		"nothing":                           {0, "0%"},
		"negative nothing":                  {math.Copysign(0, -1), "0%"},
		"below nothing":                     {-0.1, "0%"},
		"certainty":                         {1, "100%"},
		"beyond certainty":                  {1.5, "100%"},
		"no number":                         {math.NaN(), "NaN%"},
		"the article":                       {1 - math.Pow(0.99, 100), "63.4%"},
		"a whole number has no decimal":     {0.2, "20%"},
		"one that rounds to it neither":     {0.20004, "20%"},
		"one percent":                       {0.01, "1%"},
		"a little more":                     {0.0199, "2%"},
		"the last decimal":                  {0.999, "99.9%"},
		"rounded to the last decimal":       {0.9994, "99.9%"},
		"nearly certain":                    {0.9996, ">99.9%"},
		"as near as float64 goes":           {math.Nextafter(1, 0), ">99.9%"},
		"below one percent, two digits":     {0.00992, "0.99%"},
		"below one percent, rounds to one":  {0.00999, "1%"},
		"a tenth of a percent":              {0.001, "0.1%"},
		"small":                             {0.000012, "0.0012%"},
		"smaller":                           {0.0000012345, "0.00012%"},
		"a billionth":                       {1e-9, "0.0000001%"},
		"a little more than a billionth":    {1.26e-9, "0.00000013%"},
		"less than any limit":               {9.9e-10, "<0.0000001%"},
		"the least that is not nothing":     {math.SmallestNonzeroFloat64, "<0.0000001%"},
		"an infinity":                       {math.Inf(1), "100%"},
		"the other infinity, never a panic": {math.Inf(-1), "0%"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := FormatPercent(tt.p); got != tt.want {
				t.Errorf("FormatPercent(%v) = %q, want %q", tt.p, got, tt.want)
			}
		})
	}
}

func TestFormatPercentIsShortAndHonest(t *testing.T) {
	shape := regexp.MustCompile(`^[<>]?[0-9]{1,2}(\.[0-9]{0,9}[1-9])?%$`)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(math.SmallestNonzeroFloat64, math.Nextafter(1, 0)).Draw(t, "p")
		got := FormatPercent(p)
		if !shape.MatchString(got) || got == "0%" || got == "100%" {
			t.Fatalf("FormatPercent(%v) = %q", p, got)
		}
	})
}
