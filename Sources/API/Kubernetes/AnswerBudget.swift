internal import Synchronization

/// How much one answer may still take, over all its clusters.
final class AnswerBudget: Sendable {
    private let left: Mutex<(objects: Int, bytes: Int)>
    private let objects: Int
    private let bytes: Int

    init(objects: Int, bytes: Int) {
        self.objects = objects
        self.bytes = bytes
        left = Mutex((objects, bytes))
    }

    /// Takes a list in, each time that it will be written.
    ///
    /// - Returns: why it has to be left out; nil when it fits.
    func take(_ list: ObjectList) -> String? {
        let needed = (objects: list.items.count, bytes: list.byteCount)
        return left.withLock { left in
            if list.isIncomplete || needed.objects > left.objects {
                return "left out, because the answer would have more than \(objects) objects"
            }
            guard needed.bytes <= left.bytes else {
                return "left out, because the answer would have more than \(bytes >> 20) MiB of objects"
            }
            left.objects -= needed.objects
            left.bytes -= needed.bytes
            return nil
        }
    }
}
