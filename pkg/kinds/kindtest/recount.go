package kindtest

import (
	"context"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Recount checks what the background re-count makes of the object that a fixture has stored,
// or writes where it stores none: a change of all affects every environment but those that
// are held. Wanted, if not nil, is the number that it affects in a fixture of another sort.
func Recount(tb testing.TB, kind rollout.Kind, write rollout.Write, wanted *int) {
	tb.Helper()
	g := gomega.NewWithT(tb)
	object := write.OldObject
	if object == nil {
		object = write.Object
	}
	created := rollout.Write{Operation: rollout.Create, Namespace: write.Namespace, Name: write.Name, Object: object}
	rewritten := created
	rewritten.Operation, rewritten.OldObject, rewritten.Rewritten = rollout.Update, object, true

	change, err := kind.Reader.Read(context.Background(), rewritten)
	first, createErr := kind.Reader.Read(context.Background(), created)
	switch {
	case kind.OneShot:
		g.Expect(err).NotTo(gomega.HaveOccurred(), "the re-count of %s", write.Name)
		g.Expect(change).To(gomega.BeZero(), "the re-count of %s", write.Name)
	case err != nil:
		g.Expect(rollout.IsFinding(err)).To(gomega.BeTrue(), "the re-count of %s: %v", write.Name, err)
		g.Expect(createErr).To(gomega.HaveOccurred(), "the re-count of %s cannot count what its creation can: %v", write.Name, err)
	case wanted != nil:
		g.Expect(change.Staying().Affected()).To(gomega.Equal(*wanted), "the re-count of %s", write.Name)
	default:
		g.Expect(inconsistency(change)).To(gomega.BeEmpty(), "the re-count of %s", write.Name)
		affected := change.Staying().Affected()
		g.Expect(affected).To(gomega.BeNumerically("<=", change.Environments), "the re-count of %s", write.Name)
		// What is held may include what is to be torn down.
		g.Expect(affected+change.Held).To(gomega.BeNumerically(">=", change.Environments), "the re-count of %s", write.Name)
		if createErr == nil {
			// More, if it has some that a creation would not choose today.
			g.Expect(change.Environments).To(gomega.BeNumerically(">=", first.Environments), "the re-count of %s", write.Name)
		}
	}
}
