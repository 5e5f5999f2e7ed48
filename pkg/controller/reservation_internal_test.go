package controller

import (
	"errors"
	"net/http"
	"testing"

	"github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func stored(spec string, deleted bool) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "g/v1", "kind": "K", "spec": spec}}
	object.SetUID("u")
	if deleted {
		now := metav1.Now()
		object.SetDeletionTimestamp(&now)
	}
	return object
}

// TestWhatAWatchProves holds which events make a reservation a use.
func TestWhatAWatchProves(t *testing.T) {
	gone, err := rollout.Gone("u")
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	written, err := fingerprint(stored("new", false))
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	for name, test := range map[string]struct {
		event   watch.Event
		outcome string
		want    fate
	}{
		"what was to be stored, created": {watch.Event{Type: watch.Added, Object: stored("new", false)}, written, confirmed},
		"or changed to":                  {watch.Event{Type: watch.Modified, Object: stored("new", false)}, written, confirmed},
		"something else":                 {watch.Event{Type: watch.Modified, Object: stored("old", false)}, written, undecided},
		"nothing that happened":          {watch.Event{Type: watch.Bookmark, Object: stored("new", false)}, written, undecided},
		"a deletion that was to be":      {watch.Event{Type: watch.Deleted, Object: stored("old", false)}, gone, confirmed},
		"one that finalizers hold up":    {watch.Event{Type: watch.Modified, Object: stored("old", true)}, gone, confirmed},
		"another deletion":               {watch.Event{Type: watch.Deleted, Object: stored("old", false)}, written, undecided},
		"no deletion":                    {watch.Event{Type: watch.Modified, Object: stored("old", false)}, gone, undecided},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			known, err := judge(t.Context(), test.event, test.outcome)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(known).To(gomega.Equal(test.want))
		})
	}
}

// TestWhatCannotBeToldCountsAsUsed holds that a history which is lost gives no second use, and that
// an API server which does not answer loses none.
func TestWhatCannotBeToldCountsAsUsed(t *testing.T) {
	g := gomega.NewWithT(t)
	expired := apierrors.NewResourceExpired("too old resource version").ErrStatus
	known, err := judge(t.Context(), watch.Event{Type: watch.Error, Object: &expired}, "")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(known).To(gomega.Equal(confirmed))

	busy := apierrors.NewGenericServerResponse(http.StatusServiceUnavailable, "get", schema.GroupResource{}, "", "", 0, true).ErrStatus
	known, err = judge(t.Context(), watch.Event{Type: watch.Error, Object: &busy}, "")
	g.Expect(err).To(gomega.HaveOccurred())
	g.Expect(known).To(gomega.Equal(undecided))

	known, err = lost(t.Context(), errors.New("connection refused"))
	g.Expect(err).To(gomega.HaveOccurred())
	g.Expect(known).To(gomega.Equal(undecided))
}
