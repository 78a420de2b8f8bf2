import Base
import Costs
import Matching
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("What the pods of a workload hold")
struct WorkloadHoldingTests {
    private static let now = HandmadeCluster.now
    private static let spec = PodContainers(
        requests: ComputeResources(cpuMillicores: 600, memoryBytes: 3_000, gpus: 1),
        resources: [
            ContainerResources(name: "app", requests: PartialResources(cpuMillicores: 500, memoryBytes: 1_000)),
            ContainerResources(name: "proxy", requests: PartialResources()),
        ])

    private static func sample(_ pod: String, _ containers: [String: (cpu: Int64, memory: Int64)]) -> PodUsage {
        PodUsage(
            namespace: "shop", pod: pod,
            containers: containers.mapValues { ContainerUsage(cpuMillicores: $0.cpu, memoryBytes: $0.memory) })
    }

    private static func holding(
        _ pods: [Pod], _ usage: UsageBook = UsageBook(), _ balancers: [Service] = []
    ) -> WorkloadHolding {
        ObservedWorkload(workload: Workload(key: key("Deployment", "web")), createdAt: now, pods: pods)
            .holding(usage, balancers)
    }

    @Test("without usage it is the requests, node by node, of pods that have a place and have not finished")
    func requests() {
        let holding = Self.holding([
            pod("one", node: "a", containers: Self.spec), pod("two", node: "b", containers: Self.spec),
            pod("three", node: "a", containers: Self.spec), pod("waits", node: "", containers: Self.spec),
            pod("done", node: "a", phase: .succeeded, containers: Self.spec),
        ])
        #expect(holding.pods == 4 && holding.placedPods == 3 && holding.knownPods == 0)
        #expect(
            holding.nodes == [
                "a": RequestedCapacity(cpuMillicores: 1_200, memoryBytes: 6_000, gpus: 2),
                "b": RequestedCapacity(cpuMillicores: 600, memoryBytes: 3_000, gpus: 1),
            ])
    }

    @Test(
        "with usage it is the larger of request and usage of each container, and never less than what is reserved",
        arguments: [
            (["app": (100, 100), "proxy": (50, 100)], 600, 3_000),
            // The app is within its request, the proxy adds all that it uses.
            (["app": (100, 100), "proxy": (300, 2_500)], 800, 3_500),
            (["app": (900, 4_000), "proxy": (0, 0)], 900, 4_000),
            // What is not sampled counts with its request, what the spec does not have with its usage.
            (["proxy": (200, 0), "debugger": (70, 0)], 770, 3_000),
        ] as [([String: (cpu: Int64, memory: Int64)], Int64, Int64)])
    func usage(containers: [String: (cpu: Int64, memory: Int64)], cpu: Int64, memory: Int64) {
        var book = UsageBook()
        let one = pod("one", node: "a", containers: Self.spec)
        _ = book.take(Self.sample("one", containers), of: one, at: Self.now)
        let holding = Self.holding([one, pod("two", node: "b", containers: Self.spec)], book)
        #expect(holding.nodes["a"] == RequestedCapacity(cpuMillicores: cpu, memoryBytes: memory, gpus: 1))
        #expect(holding.nodes["b"]?.cpuMillicores == 600 && holding.knownPods == 1)
        #expect(holding.used.cpuMillicores == containers.values.reduce(0) { $0 + $1.cpu })
    }

    @Test("a sample holds until the next, for five minutes at most; an older one and an empty one say nothing")
    func validity() {
        var book = UsageBook()
        let one = pod("one", node: "a", containers: Self.spec)
        func take(_ containers: [String: (cpu: Int64, memory: Int64)], after seconds: Int64) -> Bool {
            book.take(Self.sample("one", containers), of: one, at: Self.now.adding(seconds: seconds))
        }
        #expect(take(["app": (900, 0)], after: 0))
        #expect(!take(["app": (100, 0)], after: -1))
        #expect(!take([:], after: 1))
        #expect(book[one]?.used.cpuMillicores == 900)
        #expect(take(["app": (800, 0)], after: 60))
        let before = book.expire(at: Self.now.adding(seconds: 359))
        #expect(before.isEmpty && book[one]?.used.cpuMillicores == 800)
        let expired = book.expire(at: Self.now.adding(seconds: 360))
        #expect(expired == [one.meta.uid] && book.count == 0)
    }

    @Test("pods have the claims that they mount and the load balancers that lead to them")
    func attached() {
        var one = pod("one", node: "a", containers: Self.spec)
        one.claims = ["data", "logs"]
        var two = pod("two", node: "a", containers: Self.spec)
        two.claims = ["data"]
        func service(_ name: String, _ selector: LabelSet, namespace: String = "shop") -> Service {
            Service(meta: ObjectMeta(namespace: namespace, name: name), isLoadBalancer: true, selector: selector)
        }
        let holding = Self.holding(
            [one, two], UsageBook(),
            [
                service("web", ["app": "shop"]), service("all", [:]), service("other", ["app": "shop", "tier": "x"]),
                service("far", ["app": "shop"], namespace: "else"),
            ])
        #expect(
            holding.attached == [
                AttachedItem(.claim, namespace: "shop", name: "data"): 2,
                AttachedItem(.claim, namespace: "shop", name: "logs"): 1,
                AttachedItem(.loadBalancer, namespace: "shop", name: "web"): 2,
            ])
    }
}
