package rollout_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestOrDeclared(t *testing.T) {
	unresolved := &rollout.UnresolvedError{Field: "spec", Problem: "is dark", AtLeast: 3}
	other := errors.New("another failure")
	tests := map[string]struct {
		annotation string
		err, want  error
		n          int
	}{
		"a declaration counts":           {"7", unresolved, nil, 7},
		"a declaration of a wrapped one": {"3", fmt.Errorf("in a step: %w", unresolved), nil, 3},
		"no declaration":                 {"", unresolved, unresolved, 0},
		"an error that it is not for":    {"7", other, other, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			write := rollout.Write{Object: &rollout.Object{Metadata: rollout.Metadata{Annotations: map[string]string{}}}}
			if tt.annotation != "" {
				write.Metadata().Annotations[v1alpha1.EnvironmentsAnnotation] = tt.annotation
			}
			change, err := write.OrDeclared(tt.err, "do less")
			if tt.want != nil {
				g.Expect(err).To(gomega.MatchError(tt.want))
				g.Expect(change).To(gomega.BeZero())
				return
			}
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(change).To(gomega.Equal(rollout.Change{
				Environments: tt.n, Evidence: "annotation seawall.dev/environments",
				Steps: []rollout.Step{{Declared: tt.n, InFlight: tt.n, PaceRemedy: "do less", SplitRemedy: "do less"}},
			}))
		})
	}
	write := rollout.Write{Object: &rollout.Object{Metadata: rollout.Metadata{Annotations: map[string]string{v1alpha1.EnvironmentsAnnotation: "many"}}}}
	_, err := write.OrDeclared(unresolved, "")
	var malformed *rollout.AnnotationError
	gomega.NewWithT(t).Expect(errors.As(err, &malformed)).To(gomega.BeTrue(), "%v", err)
}

func TestADeclarationOfTooFewIsJudgedAtTheFloor(t *testing.T) {
	g := gomega.NewWithT(t)
	write := rollout.Write{Operation: rollout.Delete, OldObject: &rollout.Object{
		Metadata: rollout.Metadata{Annotations: map[string]string{v1alpha1.EnvironmentsAnnotation: "1"}},
	}}
	change, err := write.OrDeclared(&rollout.UnresolvedError{Field: "spec", Problem: "is dark", AtLeast: 3}, "do less")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(change).To(gomega.Equal(rollout.Change{
		Environments: 3, Evidence: rollout.DeclaredEvidence + rollout.Raised,
		Steps:    []rollout.Step{{Gone: 3, InFlight: 3, PaceRemedy: "do less", SplitRemedy: "do less"}},
		Warnings: []string{"annotation seawall.dev/environments says 1, but at least 3 environments could be counted: these are judged"},
	}))
}
