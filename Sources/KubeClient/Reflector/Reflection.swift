/// What one run of an informer carries from step to step.
struct Reflection {
    var context: DecodingContext
    private(set) var machine: ReflectorMachine
    private var generator: any RandomNumberGenerator
    private let elapsed: @Sendable () -> Duration
    /// The highest version among the objects of a list that is not complete.
    private(set) var received: ResourceVersion?

    init(
        annotations: AnnotationFilter, machine: ReflectorMachine,
        generator: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        elapsed: @escaping @Sendable () -> Duration
    ) {
        context = DecodingContext(annotations: annotations)
        self.machine = machine
        self.generator = generator
        self.elapsed = elapsed
    }

    /// Whether the objects that come are those of a list.
    var isReceivingList: Bool {
        switch machine.state {
        case .listing, .streaming: true
        default: false
        }
    }

    /// What to do after an event. One that breaks off a list says first what came of it.
    mutating func next(after event: ReflectorMachine.Event) -> ReflectorMachine.Action {
        if isReceivingList, event.breaksOff { giveUpList() }
        return machine.handle(event, at: elapsed(), using: &generator)
    }

    /// An object of a list was put into the cache, or removed from it by an event that came in between.
    mutating func received(_ version: ResourceVersion) {
        if received.map({ $0 < version }) ?? true { received = version }
    }

    mutating func completeList() { received = nil }

    /// A list broke off: the next one must not be older than what came of it.
    private mutating func giveUpList() {
        guard let received else { return }
        self.received = nil
        _ = machine.handle(.listedInPart(received), at: elapsed(), using: &generator)
    }
}

extension ReflectorMachine.Event {
    /// Whether nothing more comes of the list or stream that was read.
    fileprivate var breaksOff: Bool {
        switch self {
        case .failed, .ended, .silent, .cannotStream: true
        default: false
        }
    }
}
