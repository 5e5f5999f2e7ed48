package rollout

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	kjson "sigs.k8s.io/json"
)

// Fingerprint identifies what is stored of an object: by its UID, labels, annotations and all
// fields but the status. It is the same in a review and in the API server's answer about what was
// stored, in the same version of the API: 64 hexadecimal digits. The error says what is no JSON.
func Fingerprint(object *Object) (string, error) {
	content := map[string]any{}
	for name, text := range object.Members {
		switch name {
		case "apiVersion", "kind", "metadata", "status":
			continue
		}
		// As the API server reads numbers, so that -0, which it stores, is the 0 that it reads.
		var value any
		if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &value); err != nil {
			return "", fmt.Errorf("reading field %s: %w", name, err)
		}
		content[name] = value
	}
	metadata := object.Metadata
	return sum(metadata.UID, orNil(metadata.Labels), orNil(metadata.Annotations), content)
}

// Gone is the fingerprint of an object that is deleted, or about to be.
func Gone(uid string) (string, error) { return sum(uid, "gone") }

// orNil makes no difference between no map and an empty one, as the API server does.
func orNil(pairs map[string]string) map[string]string {
	if len(pairs) == 0 {
		return nil
	}
	return pairs
}

func sum(identity ...any) (string, error) {
	text, err := json.Marshal(identity)
	if err != nil {
		return "", fmt.Errorf("identifying an object: %w", err)
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:]), nil
}
