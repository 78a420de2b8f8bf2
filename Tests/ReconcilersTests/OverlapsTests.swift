import KubeClient
import Matching
import Testing

@testable import Reconcilers

@Suite("What is told of workloads that several entities select")
struct OverlapsTests {
    private static let workload = Workload(key: key("Deployment", "web"), uid: "u-1")
    private static let object = ObjectReference(
        apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "u-1")

    private static func links(_ refs: String...) -> [Link] {
        refs.map { Link(entityRef: $0, rule: .labelSelector, matchedOn: .workload, isOwner: $0 == refs.first) }
    }

    @Test("each set of entities is told once, with who pays; one entity is no overlap")
    func once() {
        let log = EventLog()
        var overlaps = Overlaps(log)
        overlaps.observe(Self.workload, Self.object, Self.links("component:default/a"))
        #expect(log.reports.isEmpty)
        for _ in 0..<3 {
            overlaps.observe(Self.workload, Self.object, Self.links("component:default/b", "component:default/a"))
        }
        #expect(log.reports.map(\.regarding) == [Self.object])
        #expect(
            log.reports.first?.note == "Selected by 2 entities: component:default/a, component:default/b; "
                + "its cost goes to component:default/b")
        overlaps.observe(Self.workload, Self.object, Self.links("component:default/b"))
        overlaps.observe(Self.workload, Self.object, Self.links("component:default/b", "component:default/a"))
        #expect(log.reports.count == 2)
        overlaps.remove(Self.workload.key)
        overlaps.observe(Self.workload, nil, Self.links("component:default/b", "component:default/a"))
        #expect(log.reports.count == 2)
    }

    @Test("an event names the object's own version and kind")
    func references() {
        let ownership = HandmadeCluster().ownership
        func reference(_ kind: String) -> ObjectReference? {
            ownership.reference(to: Workload(key: key(kind, "web"), uid: "u-1"))
        }
        #expect(reference("Deployment") == Self.object)
        #expect(reference("CronJob")?.apiVersion == "batch/v1")
        #expect(reference("Pod")?.apiVersion == "v1")
        #expect(reference("Gadget") == nil)
    }
}
