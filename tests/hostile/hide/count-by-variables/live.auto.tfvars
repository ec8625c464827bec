queues = 0
