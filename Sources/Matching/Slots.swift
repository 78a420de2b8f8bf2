/// Elements under small integer ids that stay the same while the element lives; freed ids are given out again.
struct Slots<Element: Sendable>: Sendable {
    typealias ID = Int32

    private(set) var elements: [Element] = []
    private var free: [ID] = []
    /// What stands in a freed slot, so that nothing is kept alive there.
    private let vacant: Element

    init(vacant: Element) {
        self.vacant = vacant
    }

    subscript(id: ID) -> Element {
        _read { yield elements[Int(id)] }
        _modify { yield &elements[Int(id)] }
    }

    mutating func insert(_ element: Element) -> ID {
        guard let id = free.popLast() else {
            elements.append(element)
            return ID(elements.count - 1)
        }
        self[id] = element
        return id
    }

    mutating func remove(_ id: ID) {
        self[id] = vacant
        free.append(id)
    }
}
