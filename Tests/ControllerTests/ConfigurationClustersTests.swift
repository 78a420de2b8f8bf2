import API
import Base
import KubeClient
import Testing

@testable import Controller

@Suite("Configuration of clusters and of leader election")
struct ConfigurationClustersTests {
    @Test("what is set is read")
    func values() throws {
        let found = try configuration(
            """
            callboard:
              kubernetes:
                clusterName: prod
                contexts: [east, west]
                clusterSecrets: {namespace: clusters}
                events: true
                objects: {deadline: 5}
                workloads:
                  - {group: argoproj.io, version: v1alpha1, plural: rollouts, kind: Rollout}
                credentials:
                  - {cluster: north, url: 'https://north:6443', tokenFile: /token}
              leaderElection:
                {enabled: true, namespace: ops, leaseDuration: 60, renewDeadline: 40, retryPeriod: 15, warmStandby: true}
            kubernetes:
              serviceLocatorMethod: {type: multiTenant}
              clusterLocatorMethods: [{type: config, clusters: [{name: south, url: 'https://south:6443'}]}]
            """)
        let clusters = found.clusters
        #expect((clusters.homeName, clusters.contexts) == ("prod", ["east", "west"]))
        #expect((clusters.secretsNamespace, clusters.recordsEvents) == ("clusters", true))
        #expect(clusters.workloads.map(\.kind) == ["Rollout"])
        #expect(clusters.objects.serviceLocator == .multiTenant && clusters.objects.deadline == .seconds(5))
        #expect(clusters.credentials[0]?["cluster"] == "north")
        #expect(clusters.backstage["clusterLocatorMethods"]?[0]?["type"] == "config")
        let leadership = found.leadership
        #expect((leadership.isEnabled, leadership.namespace, leadership.isWarmStandby) == (true, "ops", true))
        #expect(leadership.timings.leaseDuration == .seconds(60) && leadership.timings.renewDeadline == .seconds(40))
        #expect(leadership.timings.retryPeriod == .seconds(15))
        #expect(found.warnings.filter { $0.hasPrefix("unknown") }.isEmpty)
    }

    @Test("without any key there is one cluster, nobody is told, and the place decides about leader election")
    func defaults() throws {
        let found = try configuration("")
        #expect(found.clusters.contexts.isEmpty && found.clusters.secretsNamespace == nil)
        #expect(found.clusters.workloads.isEmpty && found.clusters.recordsEvents == nil)
        #expect(found.leadership.isEnabled == nil && found.leadership.timings == .standard)
        #expect(!found.leadership.isWarmStandby)
    }

    @Test(
        "a wrong value is refused with its path, wherever it is read",
        arguments: [
            ("callboard: {kubernetes: {contexts: 5}}", "callboard.kubernetes.contexts: expected a list"),
            ("callboard: {kubernetes: {events: perhaps}}", "callboard.kubernetes.events: expected true or false"),
            (
                "callboard: {kubernetes: {objects: {deadline: 0}}}",
                "callboard.kubernetes.objects.deadline: expected"
            ),
            (
                "callboard: {kubernetes: {workloads: [{group: a}]}}",
                "callboard.kubernetes.workloads[0].version: expected"
            ),
            ("kubernetes: {serviceLocatorMethod: {type: guess}}", "kubernetes.serviceLocatorMethod.type: expected"),
            (
                "callboard: {leaderElection: {leaseDuration: 5}}",
                "callboard.leaderElection: leaseDuration (5.0 seconds) must be longer than renewDeadline"
            ),
            ("callboard: {leaderElection: {retryPeriod: 0}}", "callboard.leaderElection.retryPeriod: expected"),
            ("callboard: {leaderElection: {enabled: 1}}", "callboard.leaderElection.enabled: expected true or false"),
        ])
    func refused(text: String, beginning: String) throws {
        let refusal = try refusal(text)
        #expect(refusal.hasPrefix("app-config.0.yaml:1:") && refusal.contains(beginning), "\(refusal)")
    }
}
