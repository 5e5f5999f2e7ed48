package controller

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// longestSelects is how much of what a policy selects a table has room for, in characters.
const longestSelects = 100

// selects says in a few words which writes a policy judges. No printer column can: kubectl shows the
// first of a list only, and selectors as JSON.
func selects(spec v1alpha1.WavePolicySpec) string {
	match := v1alpha1.WavePolicyMatch{}
	if spec.Match != nil {
		match = *spec.Match
	}
	parts := []string{kindsOf(match)}
	if match.NamespaceSelector != nil {
		parts = append(parts, "namespaces "+selector(match.NamespaceSelector))
	}
	if match.ObjectSelector != nil {
		parts = append(parts, "labels "+selector(match.ObjectSelector))
	}
	if !usual(match.Operations) {
		parts = append(parts, "on "+joined(match.Operations))
	}
	if len(spec.MatchConditions) > 0 {
		names := make([]string, len(spec.MatchConditions))
		for i, condition := range spec.MatchConditions {
			names[i] = condition.Name
		}
		parts = append(parts, "if "+joined(names))
	}
	text := []rune(strings.Join(parts, "; "))
	if len(text) > longestSelects {
		return string(text[:longestSelects-1]) + "…"
	}
	return string(text)
}

func kindsOf(match v1alpha1.WavePolicyMatch) string {
	text := "all kinds"
	if len(match.Kinds) > 0 {
		text = joined(shortened(match.Kinds))
	}
	if len(match.ExcludeKinds) > 0 {
		text += " but " + joined(shortened(match.ExcludeKinds))
	}
	return text
}

// shortened returns the names of kinds, with their groups where several have the same.
func shortened(kinds []v1alpha1.KindReference) []string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.Kind
		if slices.ContainsFunc(kinds, func(other v1alpha1.KindReference) bool { return other.Kind == kind.Kind && other != kind }) {
			names[i] += "." + kind.Group
		}
	}
	return names
}

func selector(of *metav1.LabelSelector) string {
	if text := metav1.FormatLabelSelector(of); text != "<none>" { // an empty one selects all
		return text
	}
	return "all"
}

// usual tells whether operations are those that every policy judges which does not say.
func usual(operations []v1alpha1.Operation) bool {
	return len(operations) == 0 || len(operations) == 2 && //nolint:mnd // these two
		slices.Contains(operations, v1alpha1.OperationCreate) && slices.Contains(operations, v1alpha1.OperationUpdate)
}

// joined lists words.
func joined[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ",")
}
