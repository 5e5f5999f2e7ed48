package oracle

import "fmt"

// template returns that of Applications.
func (c *chance) template(shape shape) object {
	metadata := object{"name": c.name(shape), "labels": object{"env": c.envOf(shape), "wave": c.wave(shape)}}
	if c.in(4) {
		metadata["annotations"] = object{"note": c.text(shape)}
	}
	if c.in(8) {
		metadata["finalizers"] = list{pick(c, "resources-finalizer.argocd.argoproj.io", "resources-finalizer.argocd.argoproj.io/background", "other.example.com/x")}
	}
	spec := object{"project": pick(c, "default", "default", "team", ""), "destination": c.destination(shape)}
	if c.in(6) {
		spec["sources"] = list{c.source(shape), c.source(shape)}
	} else {
		spec["source"] = c.source(shape)
	}
	if !c.in(3) {
		spec["syncPolicy"] = c.syncPolicy()
	}
	if c.in(8) {
		spec["ignoreDifferences"] = list{object{"group": "apps", "kind": "Deployment", "jsonPointers": list{"/spec/replicas"}, "name": c.text(shape)}}
	}
	if c.in(10) {
		spec["revisionHistoryLimit"] = c.some(0, 5)
	}
	if c.in(10) {
		spec["info"] = list{object{"name": "of", "value": c.text(shape)}}
	}
	return object{"metadata": metadata, "spec": spec}
}

func (c *chance) envOf(shape shape) string {
	switch {
	case shape.tenant:
		return c.ref("env")
	case shape.cluster:
		return c.ref("metadata.labels.env")
	default:
		return c.env()
	}
}

func (c *chance) wave(shape shape) string {
	switch {
	case shape.tenant && c.in(2):
		return c.ref("region")
	case shape.cluster && c.in(2):
		return c.ref("metadata.labels.tier")
	default:
		return pick(c, "1", "eu")
	}
}

func (c *chance) destination(shape shape) object {
	to := object{"namespace": pick(c, "apps", c.text(shape))}
	switch {
	case !shape.cluster:
		to["server"] = "https://kubernetes.default.svc"
	case c.in(2):
		to["server"] = c.ref("server")
	default:
		to["name"] = c.ref("name")
	}
	return to
}

func (c *chance) source(shape shape) object {
	source := object{
		"repoURL": "https://git.example.com/apps.git", "path": pick(c, "apps", "apps/"+c.text(shape)),
		"targetRevision": pick(c, "main", "v1", c.text(shape)),
	}
	switch c.IntN(6) {
	case 0, 1:
		source["helm"] = c.helm(shape)
	case 2:
		source["kustomize"] = object{
			"images": list{"app=app:" + c.text(shape)}, "namePrefix": pick(c, "", "p-"), "commonLabels": object{"env": c.text(shape)},
		}
	case 3:
		source["directory"] = object{"recurse": c.in(2), "exclude": pick(c, "", "*.md"), "jsonnet": object{"tlas": list{object{"name": "a", "value": "b"}}}}
	case 4:
		source["plugin"] = object{"name": "p", "env": list{object{"name": "E", "value": c.text(shape)}}}
	}
	return source
}

func (c *chance) helm(shape shape) object {
	helm := object{"valueFiles": list{"values.yaml", "values-" + c.text(shape) + ".yaml"}}
	if c.in(2) {
		helm["parameters"] = list{object{"name": "image.tag", "value": c.text(shape), "forceString": c.in(2)}}
	}
	if c.in(3) {
		helm["valuesObject"] = object{"replicas": c.some(1, 3), "env": c.text(shape), "deep": object{"list": list{c.text(shape), nil}, "none": nil}}
	}
	if c.in(3) {
		helm["values"] = "tag: " + c.text(shape) + "\n"
	}
	if c.in(4) {
		helm["skipCrds"] = c.in(2)
	}
	return helm
}

func (c *chance) syncPolicy() object {
	policy := object{}
	if !c.in(4) {
		policy["automated"] = pick(c, object{}, object{"prune": true}, object{"prune": true, "selfHeal": true}, object{"enabled": true}, object{"enabled": false})
	}
	if c.in(2) {
		policy["syncOptions"] = list{pick(c, "CreateNamespace=true", "ServerSideApply=true")}
	}
	if c.in(4) {
		policy["retry"] = object{"limit": c.some(0, 5), "backoff": object{"duration": "5s", "factor": 2, "maxDuration": "3m"}}
	}
	return policy
}

// patch returns a templatePatch.
func (c *chance) patch(shape shape) string {
	text := c.text(shape)
	patch := pick(c,
		"spec:\n  source:\n    targetRevision: '%s'\n",
		"metadata:\n  labels:\n    wave: '%s'\n",
		"metadata:\n  labels:\n    env: null\n    added: '%s'\n",
		"metadata:\n  annotations:\n    note: '%s'\n",
		"spec:\n  syncPolicy:\n    automated:\n      prune: true\n  info:\n  - name: of\n    value: '%s'\n",
		"spec:\n  source:\n    helm:\n      valueFiles:\n      - '%s'\n",
		"spec:\n  source:\n    helm: {}\n    path: '%s'\n",
		"spec:\n  destination:\n    namespace: '%s'\n  project: other\n",
		"spec:\n  syncPolicy: null\n  source:\n    path: '%s'\n",
		`{"spec": {"source": {"targetRevision": "%s", "kustomize": {"images": ["x=y:1"]}}}}`,
		"spec:\n  ignoreDifferences:\n  - kind: Secret\n    name: '%s'\n",
		"spec:\n  revisionHistoryLimit: 3\n  source:\n    helm:\n      parameters:\n      - {name: a, value: '%s'}\n",
		"metadata:\n  finalizers: [resources-finalizer.argocd.argoproj.io]\nspec:\n  source:\n    directory: {recurse: false, include: '%s'}\n",
		"spec:\n  source:\n    helm:\n      valuesObject:\n        tag: '%s'\n        replicas: 2\n",
	)
	made := fmt.Sprintf(patch, text)
	switch {
	case c.goTemplate && shape.tenant && c.in(3):
		return "{{ if eq .env \"prod\" }}\n" + made + "\n{{ end }}"
	case c.goTemplate && c.in(8):
		return "{{- range $i, $e := until 1 }}\n" + made + "\n{{- end }}"
	default:
		return made
	}
}
