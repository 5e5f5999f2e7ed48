package argocd

import (
	"strconv"
	"time"
)

const (
	refreshAnnotation = "argocd.argoproj.io/refresh"
	skipAnnotation    = "argocd.argoproj.io/skip-reconcile"
)

// refresh is that Argo CD is asked to look at an Application at once. It takes the annotation off when it has.
type refresh struct {
	asked bool
	// since is when the annotation was written; zero if that is not known.
	since time.Time
}

// managed is who has written which fields of an Application, as far as it tells when a refresh was asked for.
type managed struct {
	Time     time.Time `json:"time"`
	FieldsV1 struct {
		Metadata struct {
			Annotations struct {
				Refresh *struct{} `json:"f:argocd.argoproj.io/refresh"`
			} `json:"f:annotations"`
		} `json:"f:metadata"`
	} `json:"fieldsV1"`
}

func (a *application) skipped() bool {
	skipped, err := strconv.ParseBool(a.Metadata.Annotations[skipAnnotation])
	return skipped && err == nil
}

func (a *application) refresh() refresh {
	var read refresh
	if _, read.asked = a.Metadata.Annotations[refreshAnnotation]; !read.asked {
		return read
	}
	for _, entry := range a.Metadata.ManagedFields {
		if entry.FieldsV1.Metadata.Annotations.Refresh != nil && entry.Time.After(read.since) {
			read.since = entry.Time
		}
	}
	return read
}

// waits tells whether Argo CD would start the Application by itself, as far as its status says: not what a
// sync window or a resource that has to be pruned by hand keeps from it.
func (s *state) waits() bool {
	return s.automated && s.outOfSync && !s.tried && !s.operates() && !s.skipped && !s.deleting
}
