package kindtest

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Canary stands for a value of the inventory that no message may hold. It is a DNS label.
const Canary = "zq7xkv9wj3hpt5rm"

// Leaks tells whether a text holds five characters of the canary in a row, in whatever case, or in
// reverse, in base64 or in hexadecimal.
func Leaks(text string) bool {
	const enough = 5
	text = strings.ToLower(text)
	backwards := []byte(Canary)
	slices.Reverse(backwards)
	for _, spelled := range []string{
		Canary, string(backwards), base64.StdEncoding.EncodeToString([]byte(Canary)), hex.EncodeToString([]byte(Canary)),
	} {
		for spelled = strings.ToLower(spelled); len(spelled) >= enough; spelled = spelled[1:] {
			if strings.Contains(text, spelled[:enough]) {
				return true
			}
		}
	}
	return false
}

// Messages are all that a reader says to the writer about a write.
func Messages(change rollout.Change, err error) []string {
	said := append(slices.Clone(change.Warnings), change.Evidence)
	for _, step := range change.Steps {
		said = append(said, step.Name, step.PaceRemedy, step.SplitRemedy)
	}
	if err != nil {
		said = append(said, err.Error())
	}
	return said
}
