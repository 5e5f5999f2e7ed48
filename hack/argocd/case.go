package main

import (
	"encoding/json"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	corev1 "k8s.io/api/core/v1"
)

// question is one case: a stored ApplicationSet, how far its rollout is, and a write.
type question struct {
	// Old is what is stored; nil asks for a creation.
	Old *v1alpha1.ApplicationSet `json:"old,omitempty"`
	New v1alpha1.ApplicationSet  `json:"new"`
	// Secrets register the clusters.
	Secrets []corev1.Secret `json:"secrets,omitempty"`
	// ProgressiveSyncs says that the controller runs with them.
	ProgressiveSyncs bool `json:"progressiveSyncs,omitempty"`
	// States are those of Applications that are not synced and healthy, by name.
	States map[string]state `json:"states,omitempty"`
	// Follow asks for all rounds of the rollout after the write, not just for the first.
	Follow bool `json:"follow,omitempty"`
}

// state is what the application controller says of an Application.
type state struct {
	Sync   string `json:"sync"`
	Health string `json:"health"`
	// Revision is what it compares with; empty leaves that as it is.
	Revision string `json:"revision,omitempty"`
}

// answer is what Argo CD does.
type answer struct {
	// Status is the stored object's before the write, and Applications are those that exist then.
	Status       json.RawMessage `json:"status,omitempty"`
	Applications []application   `json:"applications,omitempty"`
	// Before is why Argo CD cannot write what the stored object says.
	Before string `json:"before,omitempty"`
	// Kept is what it does next if nobody writes, and Written what it does after the write.
	Kept    outcome `json:"kept"`
	Written outcome `json:"written"`
	// Problem says that the oracle itself failed.
	Problem string `json:"problem,omitempty"`
}

// application is an Application that exists.
type application struct {
	Name       string   `json:"name"`
	Finalizers []string `json:"finalizers,omitempty"`
}

// outcome is what one reconciliation does, or the rounds of a rollout.
type outcome struct {
	// Error is why nothing is written.
	Error   string   `json:"error,omitempty"`
	Created []string `json:"created,omitempty"`
	Deleted []string `json:"deleted,omitempty"`
	// Patched are the merge patches that the controller sends, by Application.
	Patched map[string]json.RawMessage `json:"patched,omitempty"`
	// Steps are those of a RollingSync by Application; "-1" is none.
	Steps map[string]string `json:"steps,omitempty"`
	// Rounds are the Applications that a RollingSync syncs together, each round once those of
	// the round before are healthy.
	Rounds [][]string `json:"rounds,omitempty"`
}
