/// What the decoders of one informer share: memory for values that repeat, and which annotations are wanted.
package struct DecodingContext {
    package let annotations: AnnotationFilter
    private var strings = Interner<String>()
    private var labelSets = Interner<LabelSet>()
    private var owners = Interner<ControllerReference>()
    private var podContainers = Interner<PodContainers>()

    init(annotations: AnnotationFilter = .none) { self.annotations = annotations }

    /// A string that many objects have.
    mutating func string(_ bytes: UnsafeRawBufferPointer) -> String {
        let string = String(decoding: bytes, as: UTF8.self)
        // Up to 15 bytes lie in the String itself and own no memory.
        return bytes.count > 15 ? strings(string) : string
    }

    /// A string that many objects have.
    package mutating func string(_ text: String) -> String { text.utf8.count > 15 ? strings(text) : text }

    /// A label set that many objects have.
    mutating func labels(_ pairs: [(key: String, value: String)]) -> LabelSet {
        pairs.isEmpty ? LabelSet() : labelSets(LabelSet(sorted: pairs))
    }

    /// A controller that many objects have.
    mutating func owner(_ reference: ControllerReference) -> ControllerReference { owners(reference) }

    /// Containers that many pods have.
    mutating func containers(_ spec: PodContainers) -> PodContainers { podContainers(spec) }
}

/// Which annotations are kept. Most objects carry kilobytes of them that nobody reads.
package enum AnnotationFilter: Sendable, Equatable {
    case none
    case only(Set<String>)
    /// All but `kubectl.kubernetes.io/last-applied-configuration`, which repeats the object.
    case all

    static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

    func keeps(_ name: String) -> Bool {
        switch self {
        case .none: false
        case .only(let names): names.contains(name)
        case .all: name != Self.lastApplied
        }
    }
}
