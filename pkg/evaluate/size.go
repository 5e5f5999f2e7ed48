package evaluate

import "github.com/seawall-dev/seawall/pkg/budget"

// size is what the objects of a write take in memory when they are decoded.
func (w Write) size() int {
	size := 0
	if w.Object != nil {
		size = budget.Tree(w.Object.JSON)
	}
	if w.OldObject != nil && w.OldObject != w.Object {
		size += budget.Tree(w.OldObject.JSON)
	}
	return size
}
