"""Guarded workbooks: reading what people send, marking what is wrong in it, writing what they get.
What a row means is said by the apps above. The child process imports this package: import nothing here.
"""
