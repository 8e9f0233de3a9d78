"""What people do with the result: one function per act.

Each checks permission and stage, writes, recomputes and logs in one transaction.
"""
