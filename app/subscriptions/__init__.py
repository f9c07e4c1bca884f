"""Streams of answers: to subscriptions, over server-sent events and WebSocket."""
