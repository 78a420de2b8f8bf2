import Testing

@testable import KubeClient

@Suite("What is kept of what costs")
struct PricedObjectDecodingTests {
    private func decode<Object>(
        _ resource: Resource<Object>, _ write: (inout ProtobufWriter) -> Void
    ) throws -> Object {
        let bytes = ProtobufWriter {
            $0.message(1) {
                $0.string(1, "it")
                $0.string(3, "shop")
                $0.entry(12, Node.priceAnnotation, "0.25")
                $0.entry(12, "other", "text")
            }
            write(&$0)
        }.bytes
        var context = DecodingContext(annotations: resource.annotations)
        return try bytes.withUnsafeBytes { try resource.decode(.protobuf(ProtobufReader($0)), &context) }
    }

    @Test("a node has its GPUs of all makes, and of its annotations the price alone")
    func node() throws {
        let node = try decode(.nodes) {
            $0.message(3) {
                $0.quantity(1, "cpu", "4")
                $0.quantity(1, "nvidia.com/gpu", "2")
                $0.quantity(1, "amd.com/gpu", "1")
                $0.quantity(1, "example.com/gpus", "7")
            }
        }
        #expect(node.capacity == ComputeResources(cpuMillicores: 4_000, gpus: 3))
        #expect(node.meta.annotations == [Node.priceAnnotation: "0.25"])
    }

    @Test("a pod has its containers one by one, its GPUs and its claims, those of ephemeral volumes included")
    func pod() throws {
        func volume(_ name: String, _ kind: Int, _ content: (inout ProtobufWriter) -> Void) -> [UInt8] {
            ProtobufWriter {
                $0.string(1, name)
                $0.message(2) { $0.message(kind, content) }
            }.bytes
        }
        let pod = try decode(.pods) {
            $0.message(2) {
                $0.data(1, volume("data", 10) { $0.string(1, "claim-1") })
                $0.data(1, volume("again", 10) { $0.string(1, "claim-1") })
                $0.data(1, volume("scratch", 29) { _ in })
                $0.data(1, volume("empty", 2) { _ in })
                $0.spec(name: "app", requests: ["cpu": "1", "nvidia.com/gpu": "1"], limits: ["memory": "1Gi"])
                $0.spec(20, name: "init", requests: ["nvidia.com/gpu": "2"])
                $0.spec(20, name: "sidecar", requests: ["memory": "1Ki"], restartPolicy: "Always")
            }
        }
        #expect(pod.claims == ["claim-1", "it-scratch"])
        #expect(pod.containers.requests == ComputeResources(cpuMillicores: 1_000, memoryBytes: 1_024, gpus: 2))
        #expect(
            pod.containers.resources == [
                ContainerResources(
                    name: "app", requests: PartialResources(cpuMillicores: 1_000, gpus: 1),
                    limits: PartialResources(memoryBytes: 1 << 30)),
                ContainerResources(name: "sidecar", requests: PartialResources(memoryBytes: 1_024)),
            ])
    }

    @Test("a claim has what it requests and whether there is a volume for it", arguments: ["Bound", "Pending", "Lost"])
    func claim(phase: String) throws {
        let claim = try decode(.persistentVolumeClaims) {
            $0.message(2) {
                $0.message(2) {
                    $0.quantity(1, "storage", "9Gi")
                    $0.quantity(2, "storage", "5Gi")
                    $0.quantity(2, "other", "6Gi")
                }
            }
            $0.message(3) { $0.string(1, phase) }
        }
        #expect(claim.requestedBytes == 5 << 30 && claim.meta.namespace == "shop")
        #expect(claim.isBound == (phase == "Bound"))
    }

    @Test("a volume has its capacity and whether a claim uses it", arguments: ["Bound", "Released"])
    func volume(phase: String) throws {
        let volume = try decode(.persistentVolumes) {
            $0.message(2) { $0.quantity(1, "storage", "5Gi") }
            $0.message(3) { $0.string(1, phase) }
        }
        #expect(volume.capacityBytes == 5 << 30 && volume.isBound == (phase == "Bound"))
    }

    @Test(
        "a load balancer has its selector; of other services nothing is kept",
        arguments: ["LoadBalancer", "ClusterIP"])
    func service(type: String) throws {
        let service = try decode(.services) {
            $0.message(2) {
                $0.entry(2, "app", "web")
                $0.string(4, type)
            }
        }
        #expect(service.isLoadBalancer == (type == "LoadBalancer"))
        #expect(service.selector == (service.isLoadBalancer ? ["app": "web"] : [:]))
    }
}
