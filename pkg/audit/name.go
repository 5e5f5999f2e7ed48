package audit

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

const (
	// readableLimit leaves room for the rest of the name in a DNS label. Names of objects
	// may be longer than one, but a table of them could not be read.
	readableLimit = 34
	// hashLength is 100 bits, in characters of base32.
	hashLength = 20
)

// ObjectName returns the name of an object that records something about a rollout: a readable
// part, as far as a name may hold it, and a hash of every part. It is a DNS label; other
// parts have another name.
func ObjectName(readable string, parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		// With their lengths, so that no part can continue another.
		_, _ = fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	sum := strings.ToLower(base32.StdEncoding.EncodeToString(hash.Sum(nil)))[:hashLength]
	shown := strings.Map(nameCharacter, strings.ToLower(readable))
	if len(shown) > readableLimit {
		shown = shown[:readableLimit]
	}
	return "seawall-" + strings.Trim(shown, "-") + "-" + sum
}

// nameCharacter replaces what a DNS label cannot hold.
func nameCharacter(r rune) rune {
	if ('a' <= r && r <= 'z') || ('0' <= r && r <= '9') {
		return r
	}
	return '-'
}
