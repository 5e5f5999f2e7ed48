package applicationset

import (
	"encoding/json"
	"errors"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// status is what is read of an ApplicationSet's status.
type status struct {
	healthy map[string]bool
	// paced says that it tells how far a strategy has come.
	paced bool
	// count is the number of Applications that exist; 0 when the status does not tell.
	count    int
	names    []string
	evidence string
	// owned says that the Applications themselves have told how many there are.
	owned bool
}

// statusOf returns what is read of the stored object's status, once somebody asks: it may be as
// large as the rest of the object.
func (s *side) statusOf() *status {
	if s.status != nil {
		return s.status
	}
	s.status = decodeStatus(s.rawStatus)
	if s.owned != nil {
		names, err := s.owned()
		s.status.owned = err == nil
		if len(names) > 0 || err == nil && s.status.count == 0 {
			s.status.count, s.status.names, s.status.evidence = len(names), names, "the Applications that it owns"
		}
	}
	return s.status
}

// decodeStatus never fails: a status that cannot be read tells nothing.
func decodeStatus(data json.RawMessage) *status {
	var decoded struct {
		ApplicationStatus []struct {
			Application string `json:"application"`
			Status      string `json:"status"`
		} `json:"applicationStatus"`
		Resources []struct {
			Name string `json:"name"`
		} `json:"resources"`
		ResourcesCount int `json:"resourcesCount"`
	}
	if json.Unmarshal(data, &decoded) != nil {
		return &status{}
	}
	// Argo CD cuts status.resources off at 5000 entries and leaves a count of 0 out
	// (applicationset/controllers/applicationset_controller.go, updateResourcesStatus).
	read := &status{count: len(decoded.Resources), evidence: "status.resources", healthy: map[string]bool{}}
	if decoded.ResourcesCount > read.count {
		read.count, read.evidence = decoded.ResourcesCount, "status.resourcesCount"
	}
	for _, resource := range decoded.Resources {
		read.names = append(read.names, resource.Name)
	}
	read.paced = len(decoded.ApplicationStatus) > 0
	for _, application := range decoded.ApplicationStatus {
		if application.Status == "Healthy" {
			read.healthy[application.Application] = true
		}
	}
	return read
}

// beside returns how many of the Applications that exist are not among those given. Those
// that the status does not name are taken for others.
func (s *status) beside(apps *apps) int {
	n := s.count
	for _, name := range s.names {
		if apps.named(name) != nil {
			n--
		}
	}
	return n
}

// own makes the Applications that exist and are owned tell what there is, which they do
// better than the status: it may be late, and cut off.
func (r *reading) own(before *side, write rollout.Write, stored *object) {
	uid := stored.Metadata.UID
	if r.applications == nil || uid == "" {
		return
	}
	before.owned = func() ([]string, error) {
		names, err := r.applications.Owned(write.Namespace, uid)
		if errors.Is(err, rollout.ErrLost) {
			r.lost = err
		}
		return names, err
	}
}
