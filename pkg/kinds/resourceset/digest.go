package resourceset

import (
	"encoding/json"
	"hash/maphash"
	"maps"
	"strings"
)

const (
	copyAnnotation     = group + "/copyFrom"
	convertAnnotation  = group + "/convertKubeConfigFrom"
	checksumAnnotation = group + "/checksumFrom"
	// askPrefix begins the annotations that start a sync, such as requestedAt and forceAt; the value
	// under watchAnnotation starts none.
	askPrefix       = "reconcile.fluxcd.io/"
	watchAnnotation = askPrefix + "watch"
)

type commonMetadata struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// digest keeps what tells changes of an object apart: of what appliers take of it, and of what is
// written to the cluster.
func (p *press) digest(kept *object, read *rendered, members map[string]any) error {
	annotations, labels := with(read.Metadata.Annotations, p.common.Annotations), with(read.Metadata.Labels, p.common.Labels)
	for key, value := range annotations {
		if strings.HasPrefix(key, askPrefix) && key != watchAnnotation && value != "" {
			kept.asks = append(kept.asks, kept.key()+" "+key+"="+value)
		}
	}
	delete(members, "metadata")
	spec, _ := members["spec"].(map[string]any)
	delete(spec, "suspend")
	if kept.applier() {
		kept.dependencies = dependencies(kept, spec)
		delete(spec, "dependsOn")
	}
	inputs := [2]string{annotations[copyAnnotation], annotations[convertAnnotation]}
	kept.references = copied(kept, inputs, refer(sources(kept, spec), kept.namespace, nil))
	var err error
	if kept.digest, err = p.sum(members, inputs); err != nil {
		return err
	}
	if kept.whole, err = p.sum(members, labels, annotations, read.Spec.Suspend); err != nil {
		return err
	}
	weight := 4*objectWeight + 3*len(kept.key())
	for _, referred := range kept.references {
		weight += objectWeight + len(referred)
	}
	if err := p.account.Spend(weight); err != nil {
		return err //nolint:wrapcheck // it says all
	}
	if kept.kind == "ArtifactGenerator" {
		return p.artifacts(kept, spec)
	}
	return nil
}

// copied adds what annotations have an object copied from, and converted from.
func copied(object *object, inputs [2]string, found []string) []string {
	if namespace, name, named := strings.Cut(inputs[0], "/"); named {
		found = append(found, reference(object.kind, namespace, name))
	}
	if namespace, name, named := strings.Cut(inputs[1], "/"); named {
		name, _, _ = strings.Cut(name, ":")
		found = append(found, reference("Secret", namespace, name))
	}
	return found
}

func (p *press) sum(parts ...any) (uint64, error) {
	text, err := json.Marshal(parts)
	return maphash.Bytes(p.seed, text), err //nolint:wrapcheck // it was read as JSON a moment ago
}

func with(own, common map[string]string) map[string]string {
	all := maps.Clone(own)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, common)
	return all
}

// artifacts keeps what an ArtifactGenerator makes, each by what it copies and from where, in place of
// the generator (source-watcher, artifactgenerator_types.go).
func (p *press) artifacts(generator *object, spec map[string]any) error {
	listed, _ := spec["artifacts"].([]any)
	all, _ := spec["sources"].([]any)
	for _, item := range listed {
		artifact, _ := item.(map[string]any)
		name, _ := artifact["name"].(string)
		if spec["pathPattern"] != nil {
			name = anyName
		}
		text, err := json.Marshal(artifact)
		if err != nil {
			return err //nolint:wrapcheck // it was read as JSON a moment ago
		}
		var used []any
		for _, source := range all {
			fields, _ := source.(map[string]any)
			if alias, _ := fields["alias"].(string); strings.Contains(string(text), "@"+alias) || name == anyName {
				used = append(used, source)
			}
		}
		made := *generator
		made.kind, made.name = externalArtifact, name
		made.references = refer(used, generator.namespace, nil)
		if made.digest, err = p.sum(spec["pathPattern"], artifact, used); err != nil {
			return err
		}
		if earlier := p.objects[made.key()]; earlier != nil {
			earlier.digest ^= made.digest
			continue
		}
		made.whole = made.digest
		p.objects[made.key()] = &made
		generator.referred = true
		if err := p.account.Spend(8*objectWeight + 3*len(made.key()) + objectWeight*len(used)); err != nil { //nolint:mnd // as in digest
			return err //nolint:wrapcheck // it says all
		}
	}
	return nil
}
