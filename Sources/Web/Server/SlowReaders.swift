internal import NIOCore

/// Closes a connection whose other end takes nothing of its answer for a while: else it would keep its place for good.
final class SlowReaders: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private var deadline: Scheduled<Void>?
    private static let patience = TimeAmount.seconds(30)

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        if !context.channel.isWritable {
            let channel = context.channel
            deadline = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }
}

@available(*, unavailable)
extension SlowReaders: Sendable {}
