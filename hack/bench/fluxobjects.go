package main

import (
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	fluxNamespace = "flux-system"
	// fluxSources is how many GitRepositories there are.
	fluxSources = 100
	fluxTime    = "2026-11-29T12:00:00Z"
	fluxVersion = "1.4.2"
)

func fluxSource(number int) string { return fmt.Sprintf("fleet-%02d", number%fluxSources) }

func fluxName(number int) string { return fmt.Sprintf("tenant-%06d", number) }

func fluxRevision(number int) string { return fmt.Sprintf("main@sha1:%040x", number%fluxSources) }

func fluxDigest(number int) string { return fmt.Sprintf("sha256:%064x", number) }

// fluxLabels are those of an object that a Kustomization has applied.
func fluxLabels(number int) map[string]string {
	return map[string]string{
		"env": []string{"production", "staging"}[number%2], "tenant": fluxName(number),
		"kustomize.toolkit.fluxcd.io/name": fluxSource(number), "kustomize.toolkit.fluxcd.io/namespace": fluxNamespace,
	}
}

// gitRepository is one that has an artifact.
func gitRepository(number int) client.Object {
	return custom("source.toolkit.fluxcd.io/v1", "GitRepository", fluxNamespace, fluxSource(number), nil, fields{
		"spec":   fields{"url": "https://git.example.com/" + fluxSource(number) + ".git", "interval": "1m"},
		"status": fields{"artifact": fluxArtifact("gitrepository/"+fluxSource(number), fluxRevision(number), number)},
	})
}

// helmChart is that of a HelmRelease.
func helmChart(number int) client.Object {
	name := fluxNamespace + "-" + fluxName(number)
	return custom("source.toolkit.fluxcd.io/v1", "HelmChart", fluxNamespace, name, nil, fields{
		"spec": fields{
			"chart": "podinfo", "version": "1.x", "interval": "1m", "sourceRef": fields{"kind": "HelmRepository", "name": "charts"},
		},
		"status": fields{"artifact": fluxArtifact("helmchart/"+name, fluxVersion, number)},
	})
}

func fluxArtifact(path, revision string, number int) fields {
	return fields{
		"path": path + ".tar.gz", "url": "http://source-controller.flux-system.svc.cluster.local./" + path + ".tar.gz",
		"revision": revision, "digest": fluxDigest(number), "lastUpdateTime": fluxTime,
	}
}

// kustomization is one that is at the revision of its source.
func kustomization(number int) client.Object {
	revision := fluxRevision(number)
	inventory := make([]any, 5)
	for i := range inventory {
		inventory[i] = fields{"id": fmt.Sprintf("%s_object-%d_apps_Deployment", fluxName(number), i), "v": "v1"}
	}
	object := custom("kustomize.toolkit.fluxcd.io/v1", "Kustomization", fluxNamespace, fluxName(number), fluxLabels(number), fields{
		"spec": fields{
			"interval": "10m", "path": "./" + fluxName(number), "prune": true, "wait": true, "targetNamespace": fluxName(number),
			"sourceRef": fields{"kind": "GitRepository", "name": fluxSource(number)},
		},
		"status": fields{
			"conditions": []any{
				fluxCondition("Ready", "ReconciliationSucceeded", "Applied revision: "+revision),
				fluxCondition("Healthy", "HealthCheckSucceeded", "Health check passed in 5.012345678s"),
			},
			"history": []any{fields{
				"digest": fluxDigest(number), "firstReconciled": fluxTime, "lastReconciled": fluxTime, "lastReconciledDuration": "5.1s",
				"lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": int64(7), "metadata": fields{"revision": revision},
			}},
			"inventory":             fields{"entries": inventory},
			"lastAppliedRevision":   revision,
			"lastAttemptedRevision": revision, "lastHandledReconcileAt": fluxTime, "observedGeneration": int64(1),
		},
	})
	object.SetAnnotations(fluxAnnotations(object.GetName()))
	return object
}

// helmRelease is one that has released the version of its chart, after another one.
func helmRelease(number int) client.Object {
	name := fluxName(number)
	said := "Helm upgrade succeeded for release " + name + "/" + name + ".v2 with chart podinfo@" + fluxVersion
	object := custom("helm.toolkit.fluxcd.io/v2", "HelmRelease", fluxNamespace, name, fluxLabels(number), fields{
		"spec": fields{
			"interval": "10m", "releaseName": name, "targetNamespace": name,
			"chart": fields{"spec": fields{
				"chart": "podinfo", "version": "1.x", "sourceRef": fields{"kind": "HelmRepository", "name": "charts"},
			}},
			"values": fields{"replicaCount": int64(2), "ingress": fields{"host": name + ".example.com"}},
		},
		"status": fields{
			"conditions": []any{
				fluxCondition("Ready", "UpgradeSucceeded", said), fluxCondition("Released", "UpgradeSucceeded", said),
			},
			"helmChart":                 fluxNamespace + "/" + fluxNamespace + "-" + name,
			"history":                   []any{fluxRelease(number, fluxVersion, "deployed", 2), fluxRelease(number, "1.4.1", "superseded", 1)},
			"lastAttemptedConfigDigest": fluxDigest(number), "lastAttemptedGeneration": int64(1),
			"lastAttemptedReleaseAction": "upgrade", "lastAttemptedRevision": fluxVersion, "lastHandledReconcileAt": fluxTime,
			"observedGeneration": int64(1), "storageNamespace": name,
		},
	})
	object.SetAnnotations(fluxAnnotations(name))
	return object
}

func fluxRelease(number int, version, status string, revision int64) fields {
	return fields{
		"appVersion": version, "chartName": "podinfo", "chartVersion": version, "configDigest": fluxDigest(number), "digest": fluxDigest(number),
		"firstDeployed": fluxTime, "lastDeployed": fluxTime, "name": fluxName(number), "namespace": fluxName(number), "status": status,
		"version": revision,
	}
}

func fluxCondition(of, reason, message string) fields {
	return fields{
		"type": of, "status": "True", "reason": reason, "message": message, "lastTransitionTime": fluxTime, "observedGeneration": int64(1),
	}
}

// fluxAnnotations are those of an object that kubectl has applied and the nudge has asked for once.
func fluxAnnotations(name string) map[string]string {
	applied := `{"metadata":{"name":"` + name + `"},"spec":{` + strings.Repeat(`"field":"value",`, 30) + `"last":""}}`
	return map[string]string{
		"reconcile.fluxcd.io/requestedAt":                  fluxTime,
		"kubectl.kubernetes.io/last-applied-configuration": applied,
	}
}
