"""What people do with rules and scores: one function per act.

Each checks permission and stage, writes, recomputes and logs in one transaction.
"""
