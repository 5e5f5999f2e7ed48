// Package events writes decisions as Events beside the rollouts that they are about, also
// when such a rollout does not exist.
package events

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/audit"
)

const (
	component = "seawall"
	// messageLimit is that of events.k8s.io/v1, in bytes.
	messageLimit = 1024
	// authenticatedAnnotation is false on an Event about what the webhook may have been made
	// to believe.
	authenticatedAnnotation = "seawall.dev/authenticated"
	// conflictTries is how often a write is tried that another replica came before.
	conflictTries = 10
)

// Writer keeps one Event for each rollout, action, reason and policy, which counts how often
// it happened. All replicas write the same Event, under a name that follows from what it is
// about, and each adds to the count that it read: neither client-go's recorder, which counts
// in each process for itself and drops what is more than a few a minute, nor the series of
// events.k8s.io/v1, whose message cannot change, would keep an honest count.
type Writer struct {
	Client client.Client
	// Quota bounds the Events about rollouts that do not exist.
	Quota *audit.Quota
}

var _ audit.Writer = Writer{}

// Key implements audit.Writer.
func (Writer) Key(record audit.Record) (string, bool) {
	return namespaceOf(record) + "/" + nameOf(record), true
}

// Write implements audit.Writer.
func (w Writer) Write(ctx context.Context, entries []audit.Entry) error {
	event := newEvent(entries)
	var late bool
	var err error
	for range conflictTries {
		if late, err = w.add(ctx, event, entries); !late {
			break
		}
	}
	return audit.Permanent(err)
}

// add adds the decisions of an event to the stored one of its name, or stores it. It is late
// when somebody else wrote or removed that meanwhile.
func (w Writer) add(ctx context.Context, event *corev1.Event, entries []audit.Entry) (late bool, err error) {
	stored := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: event.Namespace, Name: event.Name}}
	// An empty patch changes nothing and returns what is stored: the webhook needs no right
	// to read Events.
	err = w.Client.Patch(ctx, stored, client.RawPatch(types.MergePatchType, []byte(`{}`)))
	if apierrors.IsNotFound(err) {
		return w.begin(ctx, event, entries)
	}
	if err != nil {
		return false, err
	}
	patch, err := json.Marshal(addition(stored, event))
	if err != nil {
		return false, err
	}
	err = w.Client.Patch(ctx, stored, client.RawPatch(types.MergePatchType, patch))
	return apierrors.IsConflict(err) || apierrors.IsNotFound(err), err
}

// begin stores an event that is not there yet, unless there are too many of its kind.
func (w Writer) begin(ctx context.Context, event *corev1.Event, entries []audit.Entry) (late bool, err error) {
	existed, err := w.Quota.Existed(ctx, entries)
	if err == nil && !existed {
		err = w.Quota.Take(entries)
	}
	if err != nil {
		return false, err
	}
	err = w.Client.Create(ctx, event.DeepCopy())
	return apierrors.IsAlreadyExists(err), err
}

// patch is what a repetition changes in an Event. The resource version makes it fail when
// another replica came before.
type patch struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	FirstTimestamp metav1.Time `json:"firstTimestamp"`
	LastTimestamp  metav1.Time `json:"lastTimestamp"`
	Message        string      `json:"message"`
	Count          int32       `json:"count"`
}

func addition(stored, event *corev1.Event) patch {
	sum := patch{
		FirstTimestamp: stored.FirstTimestamp, LastTimestamp: stored.LastTimestamp, Message: stored.Message,
		Count: bounded(int(stored.Count) + int(event.Count)),
	}
	sum.Metadata.ResourceVersion = stored.ResourceVersion
	if event.FirstTimestamp.Before(&sum.FirstTimestamp) {
		sum.FirstTimestamp = event.FirstTimestamp
	}
	if !event.LastTimestamp.Before(&sum.LastTimestamp) {
		sum.LastTimestamp, sum.Message = event.LastTimestamp, event.Message
	}
	return sum
}

// newEvent returns the Event of entries that have the same key.
func newEvent(entries []audit.Entry) *corev1.Event {
	last, first, count := entries[0].Record, entries[0].First, 0
	for _, entry := range entries {
		if entry.Time.After(last.Time) {
			last = entry.Record
		}
		if entry.First.Before(first) {
			first = entry.First
		}
		count += entry.Count
	}
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespaceOf(last), Name: nameOf(last),
			Annotations: map[string]string{authenticatedAnnotation: strconv.FormatBool(last.Authenticated)},
		},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: last.APIVersion(), Kind: last.Kind, Namespace: last.Namespace, Name: last.Name, UID: types.UID(last.RolloutUID),
		},
		Type:                typeOf(last),
		Reason:              reasonOf(last),
		Message:             messageOf(last),
		Source:              corev1.EventSource{Component: component},
		ReportingController: component,
		FirstTimestamp:      metav1.NewTime(first),
		LastTimestamp:       metav1.NewTime(last.Time),
		Count:               bounded(count),
	}
}

// namespaceOf returns where the API server wants the Event: with the rollout, or in default
// when the rollout is of no namespace.
func namespaceOf(record audit.Record) string {
	if record.Namespace == "" {
		return metav1.NamespaceDefault
	}
	return record.Namespace
}

func nameOf(record audit.Record) string {
	var telling []string
	for _, field := range audit.Fields() {
		if text, _ := field.Text(&record); field.Telling {
			telling = append(telling, text)
		}
	}
	return audit.ObjectName(record.Name, telling...)
}

func typeOf(record audit.Record) string {
	// That starts wait is what a limit is for, unless something has failed.
	if record.Mended() || record.Operation == audit.Hold || record.Episode() && record.Action == audit.Allow {
		return corev1.EventTypeNormal
	}
	return corev1.EventTypeWarning
}

func reasonOf(record audit.Record) string {
	switch {
	case record.Episode():
		return episodeOf(record)
	case record.Mended():
		return "WaveWithinLimit"
	case record.Operation == audit.Recount && record.Action != audit.Allow:
		return "WaveOutgrown"
	case record.Action == audit.Deny:
		return "WaveDenied"
	case record.Action == audit.Error:
		return "WaveNotJudged"
	case record.Override != "":
		return "WaveOverridden"
	case record.Action == audit.Warn:
		return "WaveWarned"
	default:
		return "WaveAudited"
	}
}

// episodeOf returns the reason of an Event about starts that wait.
func episodeOf(record audit.Record) string {
	over := record.Action == audit.Allow
	switch {
	case record.Operation == audit.Hold && over:
		return "StartsReleased"
	case record.Operation == audit.Hold:
		return "StartsHeld"
	case over:
		return "StartsResumed"
	default:
		return "StartsHalted"
	}
}

// messageOf says who did what, and what came of it. Re-counts and episodes are nobody's doing.
func messageOf(record audit.Record) string {
	if record.Episode() {
		return audit.Truncate(record.Message, messageLimit)
	}
	text := fmt.Sprintf("%s by %s: ", record.Operation, record.User)
	if record.Operation == audit.Recount {
		text = "re-count: "
	}
	if record.Override != "" {
		text += fmt.Sprintf("let pass by WaveOverride %s (%s): ", record.Override, record.OverrideReason)
	}
	return audit.Truncate(text+record.Message, messageLimit)
}

func bounded(count int) int32 {
	return int32(min(count, math.MaxInt32)) //nolint:gosec // it fits
}
