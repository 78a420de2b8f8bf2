import Base

@testable import KubeClient

// Lists and watches: what comes out must not depend on how they are cut into chunks.
extension FuzzTarget {
    /// A list in protobuf; the first byte of the input chooses the kind.
    static let list = FuzzTarget(name: "list") { input in
        let pieces = Pieces(Array(input.dropFirst()))
        switch (input.first ?? 0) % 6 {
        case 0: checkList(of: .pods, pieces)
        case 1: checkList(of: .deployments, pieces)
        case 2: checkList(of: .cronJobs, pieces)
        case 3: checkList(of: .nodes, pieces)
        case 4: checkList(of: .configMaps, pieces)
        default: checkList(of: .namespaces, pieces)
        }
    }

    /// A list in JSON.
    static let jsonList = FuzzTarget(name: "json-list") { checkList(of: .customs, Pieces($0)) }

    /// A watch of pods in protobuf, with its errors and bookmarks.
    static let watch = FuzzTarget(name: "watch") { checkWatch(of: .pods, Pieces($0)) }

    /// A watch in JSON.
    static let jsonWatch = FuzzTarget(name: "json-watch") { checkWatch(of: .customs, Pieces($0)) }

    private static func checkList<Object>(of resource: Resource<Object>, _ pieces: Pieces) {
        let (cut, whole) = (list(resource, pieces), list(resource, pieces.joined))
        require(cut == whole, "other objects in chunks than in one: \(cut), \(whole)")
    }

    private static func checkWatch<Object>(of resource: Resource<Object>, _ pieces: Pieces) {
        let (cut, whole) = (watch(resource, pieces), watch(resource, pieces.joined))
        require(cut == whole, "other events in chunks than in one: \(cut), \(whole)")
    }

    private static func list<Object>(_ resource: Resource<Object>, _ pieces: Pieces) -> [Reading<Object>] {
        var read: [Reading<Object>] = []
        do {
            var decoder = resource.form.listDecoder()
            var context = DecodingContext(annotations: .all)
            try pieces.forEach { chunk in
                try decoder.feed(chunk) { read.append(.item(try resource.decode($0, &context))) }
            }
            try decoder.finish()
            read.append(.end(decoder.metadata))
        } catch {
            read.append(.failure)
        }
        return read
    }

    private static func watch<Object>(_ resource: Resource<Object>, _ pieces: Pieces) -> [Reading<Object>] {
        var read: [Reading<Object>] = []
        func take(_ event: WatchEvent, _ context: inout DecodingContext) throws {
            switch event.type {
            case .error: read.append(.status(try Status(from: event.object)))
            case .bookmark: read.append(.bookmark(try Bookmark(from: event.object)))
            default: read.append(.event(event.type, try resource.decode(event.object, &context)))
            }
        }
        do {
            var decoder = resource.form.watchDecoder()
            var context = DecodingContext(annotations: .all)
            try pieces.forEach { chunk in try decoder.feed(chunk) { try take($0, &context) } }
            try decoder.finish { try take($0, &context) }
        } catch {
            read.append(.failure)
        }
        return read
    }
}

/// A step of reading a stream. Compared as values: equal dictionaries may print in another order.
private enum Reading<Object: KubernetesObject>: Equatable {
    case item(Object)
    case end(ListMetadata)
    case event(WatchEvent.EventType, Object)
    case status(Status)
    case bookmark(Bookmark)
    /// What the error says may name where in its chunk it was met.
    case failure
}

/// A custom resource, all of which is kept.
struct CustomObject: KubernetesObject {
    var meta: ObjectMeta
    let text: [UInt8]
}

extension Resource<CustomObject> {
    fileprivate static let customs = Resource.custom(
        kind: "Custom", plural: "customs", groupVersion: GroupVersion(group: "example.com", version: "v1"),
        annotations: .all
    ) { value, context in
        CustomObject(meta: try ObjectMeta(from: value, in: &context), text: value.serialized(sortedKeys: true))
    }
}
