package rollout

import (
	"reflect"
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

// SortOf says of what sort a value of JSON is, for messages that must not repeat it.
func SortOf(value any) string {
	switch reflect.ValueOf(value).Kind() {
	case reflect.Invalid:
		return "null"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Map:
		return "an object"
	case reflect.Slice:
		return "a list"
	default:
		return "a number"
	}
}
