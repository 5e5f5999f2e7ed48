package rollout

import (
	"strconv"
	"unicode/utf8"
)

const quoteLimit = 64

// Quote returns a value from a user in double quotes for a one-line message: control and
// bidirectional characters are escaped, and everything past 64 characters is cut off.
func Quote(value string) string {
	if utf8.RuneCountInString(value) > quoteLimit {
		runes := 0
		for i := range value {
			if runes == quoteLimit {
				value = value[:i] + "…"
				break
			}
			runes++
		}
	}
	return strconv.QuoteToGraphic(value)
}
