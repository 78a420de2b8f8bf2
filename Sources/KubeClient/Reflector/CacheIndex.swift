/// By what objects can be found besides their name, such as pods by the uid of their controller.
package struct CacheIndex<Object: KubernetesObject>: Sendable {
    /// What to look for in an index.
    package enum Value: Sendable, Hashable {
        case text(String)
        case uid(ObjectUID)
    }

    package let name: String
    /// The values under which an object is found; none, one or several. It must be a function of the object alone.
    package let values: @Sendable (Object) -> [Value]

    package init(_ name: String, values: @escaping @Sendable (Object) -> [Value]) {
        self.name = name
        self.values = values
    }

    /// By the uid of the controller.
    package static var controller: CacheIndex {
        CacheIndex("controller") { $0.meta.owner.map { [.uid($0.uid)] } ?? [] }
    }

    /// By the namespace.
    package static var namespace: CacheIndex {
        CacheIndex("namespace") { [.text($0.meta.namespace)] }
    }
}
