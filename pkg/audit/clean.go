package audit

import (
	"unicode"
	"unicode/utf8"
)

const cleanLimit = 1024

// Clean makes a string from a user fit for a record: control and formatting characters and
// the separators of lines and paragraphs become U+FFFD, and everything past 1024 characters
// is cut off.
func Clean(value string) string {
	if isPlain(value) {
		return value
	}
	clean := make([]rune, 0, min(len(value), cleanLimit))
	for _, r := range value {
		if len(clean) == cleanLimit {
			return string(append(clean, '…'))
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			r = utf8.RuneError
		}
		clean = append(clean, r)
	}
	return string(clean)
}

// isPlain tells whether a string is short and of printable ASCII only, as most are.
func isPlain(value string) bool {
	if len(value) > cleanLimit {
		return false
	}
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return true
}

// Truncate cuts a string so that it takes at most limit bytes, at least 3, an ellipsis
// included, and splits no character.
func Truncate(value string, limit int) string {
	const ellipsis = "…"
	if len(value) <= limit {
		return value
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(value[end]) {
		end--
	}
	return value[:end] + ellipsis
}

// longestUser is the greatest length of a user in the status of a WaveOverride, in characters.
const longestUser = 256

// CleanUser returns the name of a user clean, and cut off at 256 characters.
func CleanUser(name string) string {
	user := []rune(Clean(name))
	return string(user[:min(len(user), longestUser)])
}
