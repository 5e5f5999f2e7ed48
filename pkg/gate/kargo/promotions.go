// Package kargo tells how far Kargo's Promotions have come, each of which begins the syncs of several
// Applications. The facts are those of Kargo 1.11.
package kargo

import (
	"errors"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// appearing is how long it may take until a Promotion that was admitted is seen: the minute that a request may
// last, and half of one for a watch that is late.
const appearing = 90 * time.Second

// GroupKind is that of Promotions.
func GroupKind() schema.GroupKind {
	return schema.GroupKind{Group: "kargo.akuity.io", Kind: "Promotion"}
}

// promotion is what is kept of a Promotion.
type promotion struct {
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

// over tells whether the Promotion begins nothing any more.
func (p promotion) over() bool {
	switch p.Status.Phase {
	case "Succeeded", "Failed", "Errored", "Aborted":
		return true
	}
	return false
}

// Promotions are those of Kargo, in every namespace.
type Promotions struct {
	promotions *inventory.Collection[promotion]
}

// NewPromotions returns the Promotions that the registry will read.
func NewPromotions(registry *inventory.Registry) *Promotions {
	return &Promotions{inventory.Register[promotion](registry, inventory.Source{
		Group: GroupKind().Group, Versions: []string{"v1alpha1"}, Resource: "promotions", Kind: GroupKind().Kind,
	})}
}

// UnderWay tells whether a Promotion may still begin something: namespace/name, and when it was admitted. One of
// which nothing is known counts as under way, and so does one that has not been seen yet.
func (p *Promotions) UnderWay(promotion string, admitted time.Time) bool {
	namespace, name, _ := strings.Cut(promotion, "/")
	object, err := p.promotions.Get(namespace, name)
	_, absent := errors.AsType[*inventory.AbsentError](err)
	switch {
	case absent: // Kargo was taken away
		return time.Since(admitted) <= appearing
	case err != nil:
		return true
	case object == nil:
		return p.promotions.Heard().Sub(admitted) <= appearing
	}
	return !object.Value.over()
}
