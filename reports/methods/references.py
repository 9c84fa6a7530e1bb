"""What a methods section cites, by the words that its sentences have for it.

cited("… estimator (Bergstra et al. 2011) …")       # ["Bergstra J, Bardenet R, Bengio Y, Kégl B. …"]
"""

from __future__ import annotations

REFERENCES = {
    "Akiba et al. 2019": "Akiba T, Sano S, Yanase T, Ohta T, Koyama M. Optuna: a next-generation hyperparameter "
    "optimization framework. KDD 2019. doi:10.1145/3292500.3330701",
    "Bergstra et al. 2011": "Bergstra J, Bardenet R, Bengio Y, Kégl B. Algorithms for hyper-parameter optimization. "
    "Advances in Neural Information Processing Systems 24, 2011",
    "Golovin et al. 2017": "Golovin D, Solnik B, Moitra S, Kochanski G, Karro J, Sculley D. Google Vizier: a service "
    "for black-box optimization. KDD 2017. doi:10.1145/3097983.3098043",
    "Hansen & Ostermeier 2001": "Hansen N, Ostermeier A. Completely derandomized self-adaptation in evolution "
    "strategies. Evolutionary Computation 2001;9:159–195",
    "Hsu 1981": "Hsu JC. Simultaneous confidence intervals for all distances from the “best”. Annals of Statistics "
    "1981;9:1026–1034",
    "Li et al. 2018": "Li L, Jamieson K, DeSalvo G, Rostamizadeh A, Talwalkar A. Hyperband: a novel bandit-based "
    "approach to hyperparameter optimization. Journal of Machine Learning Research 2018;18(185):1–52",
    "Li et al. 2020": "Li L, Jamieson K, Rostamizadeh A, et al. A system for massively parallel hyperparameter "
    "tuning. Proceedings of Machine Learning and Systems 2, 2020",
    "Tsamardinos et al. 2018": "Tsamardinos I, Greasidou E, Borboudakis G. Bootstrapping the out-of-sample "
    "predictions for efficient and accurate cross-validation. Machine Learning 2018;107:1895–1922. "
    "doi:10.1007/s10994-018-5714-4",
}


def cited(said: str) -> list[str]:
    """The works that the text names, by author."""
    return [work for words, work in REFERENCES.items() if words in said]
