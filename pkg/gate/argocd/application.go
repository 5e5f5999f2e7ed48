// Package argocd reads the starts of Argo CD Applications: what a write of one begins, and how far what
// was begun has come. The facts are those of Argo CD 3.5.
package argocd

import (
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/giturl"
)

// application is what is read of an Application.
type application struct {
	Metadata  metadata   `json:"metadata"`
	Spec      spec       `json:"spec"`
	Operation *operation `json:"operation"`
	Status    status     `json:"status"`
}

type metadata struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	UID               string            `json:"uid"`
	ResourceVersion   string            `json:"resourceVersion"`
	Labels            map[string]string `json:"labels"`
	Annotations       map[string]string `json:"annotations"`
	DeletionTimestamp string            `json:"deletionTimestamp"`
	OwnerReferences   []owner           `json:"ownerReferences"`
	ManagedFields     []managed         `json:"managedFields"`
}

type owner struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller bool   `json:"controller"`
}

type spec struct {
	Project     string `json:"project"`
	Destination struct {
		Server string `json:"server"`
		Name   string `json:"name"`
	} `json:"destination"`
	Source         source    `json:"source"`
	Sources        []source  `json:"sources"`
	SourceHydrator *hydrator `json:"sourceHydrator"`
	SyncPolicy     struct {
		Automated *struct {
			Enabled *bool `json:"enabled"`
		} `json:"automated"`
	} `json:"syncPolicy"`
}

// hydrator says from where what is synced is made, and where that is written.
type hydrator struct {
	DrySource struct {
		RepoURL string `json:"repoURL"`
	} `json:"drySource"`
	SyncSource struct {
		TargetBranch string `json:"targetBranch"`
		Path         string `json:"path"`
	} `json:"syncSource"`
}

type operation struct {
	Sync        *syncOperation `json:"sync"`
	InitiatedBy struct {
		Username  string `json:"username"`
		Automated bool   `json:"automated"`
	} `json:"initiatedBy"`
	Info []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"info"`
}

type syncOperation struct {
	Revision  string           `json:"revision"`
	Revisions []string         `json:"revisions"`
	DryRun    bool             `json:"dryRun"`
	Source    source           `json:"source"`
	Sources   []source         `json:"sources"`
	Resources []map[string]any `json:"resources"`
	Manifests []string         `json:"manifests"`
}

type status struct {
	Sync struct {
		Status     string   `json:"status"`
		Revision   string   `json:"revision"`
		Revisions  []string `json:"revisions"`
		ComparedTo struct {
			Source  source   `json:"source"`
			Sources []source `json:"sources"`
		} `json:"comparedTo"`
	} `json:"sync"`
	Health struct {
		Status string `json:"status"`
	} `json:"health"`
	ReconciledAt   time.Time       `json:"reconciledAt"`
	OperationState *operationState `json:"operationState"`
	History        []synced        `json:"history"`
}

type operationState struct {
	Phase      string    `json:"phase"`
	StartedAt  time.Time `json:"startedAt"`
	FinishedAt time.Time `json:"finishedAt"`
	RetryCount int64     `json:"retryCount"`
	SyncResult synced    `json:"syncResult"`
	Operation  operation `json:"operation"`
}

// synced is what an Application was synced to.
type synced struct {
	// ID counts the syncs that succeeded; only history has it.
	ID        int64    `json:"id"`
	Revision  string   `json:"revision"`
	Revisions []string `json:"revisions"`
	Source    source   `json:"source"`
	Sources   []source `json:"sources"`
}

// source is one source of an Application, whatever else stands in it.
type source map[string]any

func (s source) text(field string) string {
	text, _ := s[field].(string)
	return text
}

// sources returns where an Application comes from, as Argo CD takes it: several win over one.
func (s spec) sources() []source {
	if s.SourceHydrator != nil {
		return []source{{
			"repoURL": s.SourceHydrator.DrySource.RepoURL, "path": s.SourceHydrator.SyncSource.Path,
			"targetRevision": s.SourceHydrator.SyncSource.TargetBranch,
		}}
	}
	return oneOrSeveral(s.Source, s.Sources)
}

func (s synced) sources() []source { return oneOrSeveral(s.Source, s.Sources) }

func oneOrSeveral(one source, several []source) []source {
	if len(several) > 0 || one == nil {
		return several
	}
	return []source{one}
}

func (s synced) revision() string { return oneRevision(s.Revision, s.Revisions) }

// oneRevision returns a text for the revision or, with several sources, all of theirs.
func oneRevision(revision string, revisions []string) string {
	if len(revisions) > 0 {
		return strings.Join(revisions, ",")
	}
	return revision
}

// lineOf returns what revisions of the sources come from: repositories and what is tracked of them. A
// path is none of it: what one commit changes below several is one release.
func lineOf(sources []source) string {
	lines := make([]string, len(sources))
	for i, source := range sources {
		lines[i] = strings.Join([]string{originOf(source), source.text("targetRevision")}, "@")
	}
	return strings.Join(lines, ",")
}

// originOf returns the repository of a source, and its chart if it is of a Helm repository.
func originOf(of source) string {
	origin := giturl.Place(of.text("repoURL"))
	if chart := of.text("chart"); chart != "" {
		origin += "#" + chart
	}
	return origin
}

// originsOf returns the repositories of the sources.
func originsOf(sources []source) string {
	origins := make([]string, len(sources))
	for i, source := range sources {
		origins[i] = originOf(source)
	}
	return strings.Join(origins, ",")
}

// compared returns the release that the Application was last compared with.
func (a *application) compared() gate.Release {
	return gate.Release{Line: lineOf(a.Spec.sources()), Revision: oneRevision(a.Status.Sync.Revision, a.Status.Sync.Revisions)}
}

// isCurrent tells whether it was compared with what its spec says now.
func (a *application) isCurrent() bool {
	to := a.Status.Sync.ComparedTo
	return digest(oneOrSeveral(to.Source, to.Sources)) == digest(a.Spec.sources())
}

// isApplied tells whether the last operation that has succeeded was for what it was compared with.
func (a *application) isApplied() bool {
	return a.isTried() && a.Status.OperationState.Phase == phaseSucceeded
}

// isWhole tells whether all of what it was compared with has been applied: by the last operation, or by one that a
// sync of some objects has followed. Argo CD's history leaves such syncs out.
func (a *application) isWhole() bool {
	if a.isApplied() && !a.Status.OperationState.Operation.Sync.isPartial() {
		return true
	}
	if len(a.Status.History) == 0 {
		return false
	}
	last := a.Status.History[len(a.Status.History)-1]
	return last.revision() == a.compared().Revision && digest(last.sources()) == digest(a.Spec.sources())
}

// isTried tells whether the last operation was, whatever came of it: then Argo CD begins none by itself.
func (a *application) isTried() bool {
	last := a.Status.OperationState
	return last != nil && last.SyncResult.revision() != "" &&
		last.SyncResult.revision() == a.compared().Revision && digest(last.SyncResult.sources()) == digest(a.Spec.sources())
}

// automated tells whether Argo CD syncs the Application by itself.
func (a *application) automated() bool {
	automated := a.Spec.SyncPolicy.Automated
	return automated != nil && (automated.Enabled == nil || *automated.Enabled)
}

// ownedBy returns the name and UID of the ApplicationSet that controls the Application, if one does.
func (a *application) ownedBy() (name, uid string) {
	for _, owner := range a.Metadata.OwnerReferences {
		if owner.Controller && owner.Kind == applicationSet && strings.HasPrefix(owner.APIVersion, argoGroup+"/") {
			return owner.Name, owner.UID
		}
	}
	return "", ""
}
