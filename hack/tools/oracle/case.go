package main

import (
	"encoding/json"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	corev1 "k8s.io/api/core/v1"
)

// question is one case: a stored ApplicationSet, how far its rollout is, and a write.
type question struct {
	// Old is what is stored; nil asks for a creation.
	Old *v1alpha1.ApplicationSet `json:"old,omitempty"`
	New v1alpha1.ApplicationSet  `json:"new"`
	// Secrets register the clusters.
	Secrets []corev1.Secret `json:"secrets,omitempty"`
	// Repositories are the folders of the repositories that git generators ask, by their URLs.
	Repositories map[string]string `json:"repositories,omitempty"`
	// ProgressiveSyncs says that the controller runs with them.
	ProgressiveSyncs bool `json:"progressiveSyncs,omitempty"`
	// States are those of the Applications before the write, in the order of their names and over
	// again; without any all are synced and healthy.
	States []state `json:"states,omitempty"`
	// Follow asks for all rounds of a RollingSync after the write.
	Follow bool `json:"follow,omitempty"`

	// server reads the repositories.
	server *repository.Service
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
	Applications []string        `json:"applications,omitempty"`
	// Before is why Argo CD cannot write what the stored object says.
	Before string `json:"before,omitempty"`
	// Kept is what it does next if nobody writes, and Written what it does after the write.
	Kept    outcome `json:"kept"`
	Written outcome `json:"written"`
	// Problem says that the oracle itself failed.
	Problem string `json:"problem,omitempty"`
}

// outcome is what the controller does.
type outcome struct {
	// Error is why nothing is written.
	Error   string   `json:"error,omitempty"`
	Created []string `json:"created,omitempty"`
	// Refused are Applications that the API server does not take.
	Refused []string `json:"refused,omitempty"`
	// Deleted Applications are torn down, and Orphaned ones leave what they deployed.
	Deleted  []string `json:"deleted,omitempty"`
	Orphaned []string `json:"orphaned,omitempty"`
	// Patched are the Applications that are written over.
	Patched map[string]patched `json:"patched,omitempty"`
	// Started are the Applications that a RollingSync syncs at once.
	Started []string `json:"started,omitempty"`
	// Rounds are those that it syncs together, each round once the one before is healthy.
	Rounds [][]string `json:"rounds,omitempty"`
}

// patched is what a patch does to an Application.
type patched struct {
	// Spec says that it changes the spec, syncPolicy.automated left aside.
	Spec bool `json:"spec,omitempty"`
	// On and Off say that it switches automated syncs, and Stays that they are on before and after.
	On    bool `json:"on,omitempty"`
	Off   bool `json:"off,omitempty"`
	Stays bool `json:"stays,omitempty"`
	// Automated says that it changes how they are.
	Automated bool `json:"automated,omitempty"`
}
