package applicationset

import "encoding/json"

// status is what is read of an ApplicationSet's status.
type status struct {
	healthy map[string]bool
	// count is the number of Applications that exist; 0 when the status does not tell.
	count    int
	names    []string
	evidence string
}

// decodeStatus never fails: a status that cannot be read tells nothing.
func decodeStatus(data json.RawMessage) status {
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
		return status{}
	}
	// Argo CD cuts status.resources off at 5000 entries and leaves a count of 0 out
	// (applicationset/controllers/applicationset_controller.go, updateResourcesStatus).
	read := status{count: len(decoded.Resources), evidence: "status.resources", healthy: map[string]bool{}}
	if decoded.ResourcesCount > read.count {
		read.count, read.evidence = decoded.ResourcesCount, "status.resourcesCount"
	}
	for _, resource := range decoded.Resources {
		read.names = append(read.names, resource.Name)
	}
	for _, application := range decoded.ApplicationStatus {
		if application.Status == "Healthy" {
			read.healthy[application.Application] = true
		}
	}
	return read
}
