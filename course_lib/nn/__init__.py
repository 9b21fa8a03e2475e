"""Reusable modules in PyTorch, which is imported here and by what chapters train.

``attention.py`` is what all share, ``transformer.py`` the layers around it; ``edges.py`` sums along
the edges of a graph, for ``gat.py`` and ``sparse.py``; ``vision.py`` attends over pictures,
``pooling.py`` to one vector; ``training.py`` takes the steps, ``explain.py`` asks a trained model
why. ``text.py`` and the tasks here are old addresses that notebooks still use.
"""
