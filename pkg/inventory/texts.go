package inventory

import "sync"

// mostTexts bounds how many texts are remembered, so that those that never come again cost
// nothing in the end. What is forgotten costs a second copy at most.
const mostTexts = 8192

// Texts make equal texts one: labels, annotations and owners of most objects are those of
// many others.
type Texts struct {
	mu    sync.Mutex
	known map[string]string
}

// Shared returns the text that was given first.
func (t *Texts) Shared(text string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first(text)
}

// Pairs returns the pairs of a map, in texts that others have, too.
func (t *Texts) Pairs(set map[string]string) Pairs {
	pairs := PairsOf(set)
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, pair := range pairs {
		pairs[i] = Pair{t.first(pair.Key), t.first(pair.Value)}
	}
	return pairs
}

// first is for those who hold the lock.
func (t *Texts) first(text string) string {
	if first, found := t.known[text]; found {
		return first
	}
	if t.known == nil || len(t.known) == mostTexts {
		t.known = make(map[string]string)
	}
	t.known[text] = text
	return text
}
